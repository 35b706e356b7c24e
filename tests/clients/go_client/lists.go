package main

import (
	"maps"
	"reflect"
	"strconv"
	"strings"
)

// listed is what came of one list call.
type listed struct {
	Count int    `json:"count"`
	Error string `json:"error,omitempty"`
}

// given is what lists cannot do without, whatever was made: method.number or method.setter → value.
var given = map[string]string{
	"ListDetailOptions.0": "UserVm", "ListHostHAProviders.0": "Simulator", "ListNetworkProtocols.0": "protocolnumber",
	"ListStorageProviders.0": "primary", "ListTemplates.0": "all", "ListUsageRecords.0": "2001-01-02",
	"ListUsageRecords.1": "2001-01-01", "ListVnfTemplates.0": "all",
}

// allLists calls each list of each service of the SDK; `needed` adds to `given`.
func allLists(cs client, needed map[string]string) map[string]listed {
	found := map[string]listed{}
	maps.Copy(needed, given)
	services := reflect.ValueOf(cs).Elem()
	for i := range services.NumField() {
		field := services.Type().Field(i)
		if !field.IsExported() || field.Type.Kind() != reflect.Interface {
			continue
		}
		service := services.Field(i)
		for j := range service.Type().NumMethod() {
			name := service.Type().Method(j).Name
			if makes, ok := strings.CutPrefix(name, "NewList"); ok {
				name := "List" + strings.TrimSuffix(makes, "Params")
				found[name] = list(service, name, needed)
			}
		}
	}
	return found
}

func list(service reflect.Value, name string, needed map[string]string) listed {
	parameters := service.MethodByName("New" + name + "Params")
	arguments := []reflect.Value{}
	for i := range parameters.Type().NumIn() {
		value, ok := needed[name+"."+strconv.Itoa(i)]
		if !ok {
			return listed{Error: "needs more"}
		}
		if parameters.Type().In(i).Kind() == reflect.Slice {
			arguments = append(arguments, reflect.ValueOf([]string{value}))
		} else {
			arguments = append(arguments, reflect.ValueOf(value))
		}
	}
	wanted := parameters.Call(arguments)[0]
	if all := wanted.MethodByName("SetListall"); all.IsValid() {
		all.Call([]reflect.Value{reflect.ValueOf(true)})
	}
	for key, value := range needed {
		if setter, ok := strings.CutPrefix(key, name+".Set"); ok {
			wanted.MethodByName("Set" + setter).Call([]reflect.Value{reflect.ValueOf(value)})
		}
	}
	answer := service.MethodByName(name).Call([]reflect.Value{wanted})
	if err, ok := answer[1].Interface().(error); ok {
		return listed{Error: err.Error()}
	}
	count := answer[0].Elem().FieldByName("Count")
	if !count.IsValid() {
		return listed{}
	}
	return listed{Count: int(count.Int())}
}
