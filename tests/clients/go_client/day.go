package main

import (
	"encoding/json"
	"reflect"

	"github.com/apache/cloudstack-go/v2/cloudstack"
)

// day is what is made in the course of one, to be taken away in the evening.
type day struct {
	cs client
	// needed holds the ids that some lists cannot do without: method.number → value.
	needed map[string]string
	// seen is what the test looks at.
	seen    map[string]any
	evening []func()
	known   map[string]bool
}

// The SDK takes the object for the whole answer and so reads nothing of it, or there is no id in it.
var withoutID = map[string]bool{
	"AddRegionResponse": true, "ChangeServiceForVirtualMachineResponse": true,
	"CreateProjectRolePermissionResponse": true, "CreateSnapshotPolicyResponse": true, "CreateWebhookResponse": true,
	"DestroyVirtualMachineResponse": true, "UpdateConfigurationResponse": true,
}

// get is the answer of a call that has to succeed, with the id of what it is about.
func get[T any](answer T, err error) T {
	if err != nil {
		panic(err)
	}
	if kind := reflect.TypeOf(answer); kind.Kind() == reflect.Pointer {
		id := reflect.ValueOf(answer).Elem().FieldByName("Id")
		if id.IsValid() && id.IsZero() != withoutID[kind.Elem().Name()] {
			panic("the id in " + kind.Elem().Name() + ": " + id.String())
		}
	}
	return answer
}

// refusal is the text of a call that has to fail.
func refusal[T any](answer T, err error) string {
	if err == nil {
		panic("not refused")
	}
	return err.Error()
}

// only is the one row of a list.
func only[T any](rows []*T) *T {
	if len(rows) != 1 {
		panic("not one row")
	}
	return rows[0]
}

// later does something in the evening, the last thing first.
func (d *day) later(undo func()) {
	d.evening = append(d.evening, undo)
}

func (d *day) end() {
	for i := len(d.evening) - 1; i >= 0; i-- {
		d.evening[i]()
	}
}

func (d *day) zone(name string) *cloudstack.Zone {
	zone, count, err := d.cs.Zone.GetZoneByName(name)
	if count != 1 {
		panic("not one zone")
	}
	return get(zone, err)
}

// unread is the id of a row that was not there before, for what the SDK makes and then cannot read the answer of.
func (d *day) unread(command string, key string) string {
	var answer map[string]json.RawMessage
	custom := d.cs.Custom.(*cloudstack.CustomService)
	if err := custom.CustomRequest(command, &cloudstack.CustomServiceParams{}, &answer); err != nil {
		panic(err)
	}
	var rows []struct{ Id string }
	if err := json.Unmarshal(answer[key], &rows); err != nil {
		panic(err)
	}
	for _, row := range rows {
		if !d.known[row.Id] {
			d.known[row.Id] = true
			return row.Id
		}
	}
	panic("no new row")
}
