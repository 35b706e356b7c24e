// The page's parts and the stream that keeps them fresh.

import { showActivity, startTabs } from "./activity.js";
import { showCloud } from "./cloud.js";
import { byId, setText } from "./dom.js";
import { showFaults, startForm } from "./faults.js";

const connection = byId("connection");

function connected(yes) {
  connection.dataset.tone = yes ? "good" : "bad";
  setText(connection, yes ? "Live" : "Connection lost, trying again");
}

function listen() {
  const stream = new EventSource("/simulator/live");
  const on = (name, show) => stream.addEventListener(name, (event) => show(JSON.parse(event.data)));
  stream.onopen = () => connected(true);
  stream.onerror = () => connected(false);
  on("cloud", showCloud);
  on("activity", showActivity);
  on("faults", showFaults);
  on("clock", ({ now }) => setText(byId("clock"), now.replace("T", " ").slice(0, 19)));
}

startTabs();
await startForm();
listen();
