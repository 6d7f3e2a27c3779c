# SPDX-License-Identifier: Apache-2.0
"""weir run with AF_PACKET where things are not as they should be; what it captures is in test_live.py."""
import json
import signal
import time
import unittest

import captures
import harness
import net

AF_PACKET = ("--set", "capture.source=af_packet")


def dialogues(flows, packets_each):
    """Packets of `flows` flows in turn, each with one packet there and one back."""
    for index in range(flows * packets_each):
        client = {"source": "10.1.0.1", "source_port": 2000 + index % flows}
        if index // flows % 2:
            client = {"destination": "10.1.0.1", "destination_port": 2000 + index % flows, "source": "10.0.0.2",
                      "source_port": 53}
        yield captures.START_US + index * 1000, captures.udp_frame(**client)


class AfPacket(net.Case):
    def test_workers_share_flows(self):
        """Both directions of a flow come to one worker, and each packet once."""
        capture = captures.write(self.path("sent.pcap"), dialogues(flows=200, packets_each=6))
        with net.Net() as pair, net.Sensor(pair, *AF_PACKET, "--workers", "4") as sensor:
            sent = pair.send(capture)
            books = self.ends_in_order(sensor, sent)
            self.assertEqual((books["flows_ended"], books["flow_packets"]), (200, sent))
            flows = [record for record in map(json.loads, sensor.lines()) if record["type"] == "flow"]
            self.assertEqual({(flow["source_packets"], flow["destination_packets"]) for flow in flows}, {(3, 3)})

    def test_ring_overflows(self):
        """What finds no room while weir stands still is a drop with a name, and nothing else is lost."""
        capture = self.capture(flows=20, packets_each=1000)
        for workers in "1", "2":
            ring = ("--set", "capture.af_packet.ring=1MiB", "--workers", workers)
            with net.Net() as pair, net.Sensor(pair, *AF_PACKET, *ring, binary=harness.CHECKED) as sensor:
                sensor.process.send_signal(signal.SIGSTOP)
                sent = pair.send(capture, "--topspeed")
                sensor.process.send_signal(signal.SIGCONT)
                books = self.ends_in_order(sensor, sent)
                self.assertGreater(books["capture_drops"]["ring_full"], 0)
                self.assertEqual(books["parsed"], sent - books["capture_drops"]["ring_full"])

    def test_interface_goes_away(self):
        capture = self.capture(flows=20, packets_each=2)
        with net.Net() as pair, net.Sensor(pair, *AF_PACKET, binary=harness.CHECKED) as sensor:
            sent = pair.send(capture)
            time.sleep(0.2)  # what has not arrived is lost with the interface
            net.command("ip", "-n", pair.names[net.SENSOR], "link", "del", net.SENSOR)
            self.assertEqual(sensor.process.wait(net.STOP_SECONDS), 1, sensor.said())
            books = sensor.books()
            self.assertEqual((books["received"], books["balanced"]), (sent, True), books)
            self.assertEqual([(loss["file"], loss["cause"]) for loss in books["capture_losses"]],
                             [(net.SENSOR, "detached")])
            self.assertIn("start weir again when it is back", sensor.said())
            self.assertEqual(sum(record["type"] == "flow" for record in map(json.loads, sensor.lines())), 20)

    def test_interface_goes_down_and_up(self):
        capture = self.capture(flows=20, packets_each=2)
        with net.Net() as pair, net.Sensor(pair, *AF_PACKET, binary=harness.CHECKED) as sensor:
            sent = pair.send(capture)
            pair.link(net.SENSOR, "down")
            sensor.wait_for("was set down")
            pair.link(net.SENSOR, "up")
            sensor.wait_for("is up again")
            time.sleep(0.1)  # the other end's carrier follows
            sent += pair.send(capture)
            self.ends_in_order(sensor, sent)

    def test_refusals(self):
        cases = (("wbb", 1, "no interface is called wbb (did you mean wb?); there are: lo, wb"),
                 ("", 2, "nothing to capture from"))
        with net.Net() as pair:
            for name, status, says in cases:
                words = pair.within(net.SENSOR, harness.CHECKED, "run", *AF_PACKET, "--set",
                                    f"capture.interface={name}", "-o", "null:")
                self.assert_ends(harness.run(*words[1:], binary=words[0]), status, says)


if __name__ == "__main__":
    unittest.main()
