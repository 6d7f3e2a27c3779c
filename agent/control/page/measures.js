// SPDX-License-Identifier: Apache-2.0
// What a window says in one number: its value, its unit, its name. A bin of windows is read the same way.
import { bitRate, flowRate, octets, packetRate, whole } from "./format.js";

// Of a bin: how long its panes are together, which is less than what it spans where some are missing.
export const seconds = (one) => (one.covered_us ?? one.end_us - one.start_us) / 1e6;

export const measures = [
  { id: "bandwidth", label: "Bandwidth", of: (one) => (one.bytes * 8) / seconds(one), unit: bitRate },
  { id: "packets", label: "Packets", of: (one) => one.packets / seconds(one), unit: packetRate },
  { id: "started", label: "New flows", of: (one) => one.flows_started / seconds(one), unit: flowRate },
  { id: "active", label: "Active flows", of: (one) => one.flows_active, unit: whole },
  { id: "sources", label: "Sources", of: (one) => one.sources, unit: whole },
  { id: "destinations", label: "Destinations", of: (one) => one.destinations, unit: whole },
  { id: "mean", label: "Mean packet", of: (one) => (one.packets > 0 ? one.bytes / one.packets : 0), unit: octets },
];

// What was lost, and what was only not understood.
export const losses = [
  { name: "capture_drops", label: "dropped at capture", unit: "packets" },
  { name: "late", label: "too late", unit: "packets" },
  { name: "hosts_overflow", label: "hosts beyond the table", unit: "packets" },
  { name: "activity_shed", label: "not shown to queries", unit: "packets" },
  { name: "evicted", label: "flows evicted", unit: "flows" },
  { name: "shed", label: "flows without a record", unit: "flows" },
  { name: "parse_rejects", label: "not parsed", unit: "packets" },
];
