// A tenant's and an operator's day with Apache CloudStack's SDK for Go, and every list that it knows.
//
// CLOUDSTACK_API_URL, CLOUDSTACK_API_KEY and CLOUDSTACK_SECRET_KEY say where and who. What was seen goes to stdout as
// one JSON object; whatever is not as the SDK's types say ends the program.
package main

import (
	"encoding/json"
	"os"

	"github.com/apache/cloudstack-go/v2/cloudstack"
)

type client = *cloudstack.CloudStackClient

func apiURL() string { return os.Getenv("CLOUDSTACK_API_URL") }

func main() {
	cs := cloudstack.NewAsyncClient(
		apiURL(), os.Getenv("CLOUDSTACK_API_KEY"), os.Getenv("CLOUDSTACK_SECRET_KEY"), false,
	)
	today := &day{cs: cs, needed: map[string]string{}, seen: map[string]any{}, known: map[string]bool{}}
	today.operator(os.Getenv("PASSWORD"))
	today.tenant()
	today.vpc()
	told := map[string]any{"lists": allLists(cs, today.needed), "seen": today.seen}
	today.end()
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		panic(err)
	}
}
