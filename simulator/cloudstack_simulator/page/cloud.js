// Zones with their pods, clusters, hosts and pools; system VMs and routers.

import { badge, byId, count, keyed, make, setText, tone } from "./dom.js";

const FEW = 24; // hosts up to which clusters are open from the start
const LONG = 40; // routers from which on their list may scroll
const known = new Map();
let first = true;

export function showCloud({ zones }) {
  byId("no-zone").hidden = zones.length > 0;
  const hosts = zones.flatMap((zone) => zone.pods).flatMap((pod) => pod.clusters).flatMap((cluster) => cluster.hosts);
  const open = hosts.length <= FEW;
  keyed(byId("zones"), zones, createZone, (node, zone) => updateZone(node, zone, open));
  tellNews([...hosts, ...zones.flatMap((zone) => zone.systemvms)]);
}

// Screen readers hear what changed state, a few at a time.
function tellNews(things) {
  const changed = things.filter(({ id, state }) => known.has(id) && known.get(id) !== state);
  for (const { id, state } of things) known.set(id, state);
  if (!first && changed.length) {
    const few = changed.slice(0, 3).map(({ name, state }) => `${name} is ${state}`);
    if (changed.length > 3) few.push(`${changed.length - 3} more changed`);
    setText(byId("news"), few.join(". "));
  }
  first = false;
}

function createZone() {
  return make("article", { class: "zone" },
    make("header", {}, make("h3", {}), make("span", { class: "badge" }), make("p", { class: "facts" })),
    make("div", { class: "pods" }),
    make("div", { class: "vms" },
      make("section", {}, make("h4", {}, "System VMs"), make("ul", { class: "chips system" })),
      make("section", {}, make("h4", { class: "router-title" }, "Routers"), make("ul", { class: "chips routers" }))));
}

function updateZone(node, zone, open) {
  setText(node.querySelector("h3"), zone.name);
  badge(node.querySelector("header .badge"), zone.state);
  setText(node.querySelector(".facts"), facts(zone));
  keyed(node.querySelector(".pods"), zone.pods, createPod, (pod, facts) => updatePod(pod, facts, open));
  named(node, ".system", `System VMs of ${zone.name}`, zone.systemvms, createChip, updateChip);
  named(node, ".routers", `Routers of ${zone.name}`, zone.routers, createChip, updateChip);
  reachable(node.querySelector(".routers"), zone.routers.length);
  const more = zone.routercount - zone.routers.length;
  setText(node.querySelector(".router-title"), more > 0 ? `Routers (first ${zone.routers.length} of ${zone.routercount})` : zone.routercount ? "Routers" : "Routers (none)");
}

function facts({ instances, networks, routercount }) {
  const states = Object.entries(instances);
  const total = states.reduce((sum, [, number]) => sum + number, 0);
  const told = states.map(([state, number]) => `${number.toLocaleString("en")} ${state}`).join(", ");
  return `${count(total, "instance")}${total ? ` (${told})` : ""}, ${count(networks, "guest network")}, ${count(routercount, "router")}`;
}

// What scrolls has to be within reach of the keyboard; what does not is no stop on its way.
function reachable(list, size) {
  if (size > LONG) list.tabIndex = 0;
  else list.removeAttribute("tabindex");
}

function createPod() {
  return make("section", { class: "pod" }, make("h4", {}, make("span", {}), " ", make("span", { class: "badge" })), make("div", { class: "clusters" }));
}

function updatePod(node, pod, open) {
  setText(node.querySelector("h4 span"), pod.name);
  badge(node.querySelector("h4 .badge"), pod.state);
  keyed(node.querySelector(".clusters"), pod.clusters, () => createCluster(open), updateCluster);
}

function createCluster(open) {
  return make("details", { class: "cluster", open },
    make("summary", {}, make("strong", {}), make("span", { class: "sum" }), make("span", { class: "strip", "aria-hidden": "true" })),
    make("ul", { class: "hosts" }), make("ul", { class: "pools" }));
}

function updateCluster(node, cluster) {
  setText(node.querySelector("strong"), cluster.name);
  setText(node.querySelector(".sum"), summary(cluster));
  keyed(node.querySelector(".strip"), cluster.hosts, () => make("i"), (dot, host) => { dot.dataset.tone = tone(host.state); });
  named(node, ".hosts", `Hosts of ${cluster.name}`, cluster.hosts, createHost, updateHost);
  named(node, ".pools", `Pools of ${cluster.name}`, cluster.pools, createPool, updatePool);
}

// A list that says what it is a list of; an empty one is not there.
function named(node, selector, label, items, create, update) {
  const list = node.querySelector(selector);
  list.setAttribute("aria-label", label);
  list.hidden = items.length === 0;
  keyed(list, items, create, update);
}

function summary({ hosts, hypervisor, state }) {
  const states = new Map();
  for (const host of hosts) states.set(host.state, (states.get(host.state) ?? 0) + 1);
  const parts = [...states].map(([name, number]) => `${number} ${name}`);
  const closed = state === "Enabled" ? "" : `, ${state}`;
  return `${hypervisor}${closed}: ${parts.join(", ") || "no hosts"}`;
}

function createHost() {
  return make("li", { class: "host" }, make("span", { class: "name" }), make("span", { class: "badge" }),
    make("span", { class: "load" }), make("meter", { min: 0, max: 100, high: 85, "aria-label": "memory in use, percent" }));
}

function updateHost(node, host) {
  const name = node.querySelector(".name");
  setText(name, host.name);
  name.title = host.name;
  node.dataset.tone = tone(host.state);
  badge(node.querySelector(".badge"), host.state);
  setText(node.querySelector(".load"), `${count(host.vms, "VM")}, memory ${host.memory}%`);
  node.querySelector("meter").value = host.memory;
}

function createPool() {
  return make("li", { class: "pool" }, make("span", { class: "name" }), make("span", { class: "badge" }), make("span", { class: "load" }));
}

function updatePool(node, pool) {
  setText(node.querySelector(".name"), pool.name);
  badge(node.querySelector(".badge"), pool.state);
  setText(node.querySelector(".load"), `${pool.full}% full`);
}

const createChip = () => make("li", {}, make("span", { class: "name" }), make("span", { class: "kind" }), make("span", { class: "badge" }));

const KINDS = { consoleproxy: "console proxy", secondarystoragevm: "secondary storage" };

function updateChip(node, vm) {
  setText(node.querySelector(".name"), vm.name);
  setText(node.querySelector(".kind"), KINDS[vm.kind] ?? "");
  badge(node.querySelector(".badge"), vm.state);
}
