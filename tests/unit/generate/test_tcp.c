// SPDX-License-Identifier: Apache-2.0
// Each connection opens and closes as TCP has it, and every octet in between is where it should be.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "made.h"

enum { CONNECTIONS = 1 << 16, CLIENT_SIDE = 0, SERVER_SIDE = 1 };

struct connection {
    uint8_t host[2][16];
    uint16_t port[2];
    uint32_t next[2]; // sequence number of what each end sends next
    unsigned packets;
    bool open;    // both have said so
    bool fin[2];  // sent
    bool is_over; // both FINs are acknowledged
};

static struct connection connections[CONNECTIONS];

static bool is_of(const struct connection *connection, const struct made_packet *packet, int from)
{
    return connection->port[from] == packet->port[0] &&
           connection->port[!from] == packet->port[1] &&
           memcmp(connection->host[from], packet->source, 16) == 0 &&
           memcmp(connection->host[!from], packet->destination, 16) == 0;
}

// By open addressing from a sum that both directions share; *from says which end sent it.
static struct connection *find(const struct made_packet *packet, int *from)
{
    unsigned at = packet->port[0] + packet->port[1];
    for (unsigned i = 0; i < 16; i++) {
        at += 131U * (packet->source[i] + packet->destination[i]) * (i + 1);
    }
    for (;; at++) {
        struct connection *connection = &connections[at % CONNECTIONS];
        if (connection->packets == 0) {
            *from = CLIENT_SIDE;
            memcpy(connection->host[0], packet->source, 16);
            memcpy(connection->host[1], packet->destination, 16);
            memcpy(connection->port, packet->port, sizeof(packet->port));
            return connection;
        }
        for (*from = 0; *from < 2; (*from)++) {
            if (is_of(connection, packet, *from)) {
                return connection;
            }
        }
    }
}

static void opening(struct connection *connection, const struct made_packet *packet, int from)
{
    switch (connection->packets) {
    case 0:
        assert_int_equal(packet->flags, TCP_SYN);
        break;
    case 1:
        assert_int_equal(from, SERVER_SIDE);
        assert_int_equal(packet->flags, TCP_SYN | TCP_ACK);
        assert_int_equal(packet->acknowledged, connection->next[CLIENT_SIDE]);
        break;
    default:
        assert_int_equal(from, CLIENT_SIDE);
        assert_int_equal(packet->flags, TCP_ACK);
        assert_int_equal(packet->acknowledged, connection->next[SERVER_SIDE]);
        connection->open = true;
    }
    assert_int_equal(packet->payload, 0);
    connection->next[from] = packet->sequence + ((packet->flags & TCP_SYN) != 0);
}

static void take(const struct made_packet *packet)
{
    int from;
    struct connection *connection = find(packet, &from);
    assert_false(connection->is_over);
    if (!connection->open) {
        opening(connection, packet, from);
    } else {
        assert_int_equal(packet->flags & TCP_SYN, 0);
        assert_int_equal(packet->sequence, connection->next[from]);
        assert_int_equal(packet->acknowledged, connection->next[!from]); // nothing is lost
        assert_true(packet->payload == 0 || !connection->fin[from]);
        connection->is_over = connection->fin[0] && connection->fin[1];
        connection->fin[from] |= (packet->flags & TCP_FIN) != 0;
        connection->next[from] += packet->payload + ((packet->flags & TCP_FIN) != 0);
    }
    connection->packets++;
}

static unsigned all_close(const char *const *settings)
{
    struct generator *generator = made_generator(settings);
    uint8_t frame[FRAME_MAX];
    struct generated made;
    struct made_packet packet;
    unsigned count = 0;
    memset(connections, 0, sizeof(connections));
    while (made_next(generator, frame, &made)) {
        made_read(frame, made.length, &packet);
        if (packet.protocol == PROTOCOL_TCP) {
            take(&packet);
        }
    }
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        count += connections[i].packets > 0;
        assert_true(connections[i].packets == 0 || connections[i].is_over);
    }
    generator_free(generator);
    return count;
}

static void test_each_protocol(void **state)
{
    (void)state;
    static const char *const shares[] = {"http=1", "https=1", "ssh=1",  "ftp=1",
                                         "smtp=1", "ldap=1",  "soap=1", "gtpu=1"};
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        const char *const settings[] = {"duration", "5s", "packets_per_second", "2000", "protocols",
                                        shares[i],  NULL};
        assert_true(all_close(settings) > 20);
    }
}

static void test_all_together(void **state)
{
    (void)state;
    static const char *const settings[] = {"duration", "20s", "packets_per_second", "5000", "seed",
                                           "9",        NULL};
    assert_true(all_close(settings) > 500);
}

// Where the time is over before most flows are.
static void test_cut_short(void **state)
{
    (void)state;
    static const char *const settings[] = {"duration", "300ms", "packets_per_second", "10000",
                                           NULL};
    assert_true(all_close(settings) > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_protocol),
        cmocka_unit_test(test_all_together),
        cmocka_unit_test(test_cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
