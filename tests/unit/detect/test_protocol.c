// SPDX-License-Identifier: Apache-2.0
// What is spoken on which port: what is told, what is usual, and for how long.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "agent/detect/contact.h"
#include "agent/detect/watches.h"
#include "dataplane/flow/signature.h"
#include "tests/unit/detect/stage.h"

enum {
    CLIENT = 0x0A0003EA, // 10.0.3.234
    SERVER = 0x2D000001, // 45.0.0.1
    HOUR_S = 3600,
    SYN_ACK = PLAY_SYN | PLAY_ACK,
};

static const struct watch_ops *const only[] = {&watch_protocol, NULL};

static struct stage stage;

// A connection with its SYNs, in which both ends speak so.
static struct play speaks(enum signature asks, enum signature answers, uint8_t protocol,
                          uint16_t port)
{
    return (struct play){
        .source = CLIENT,
        .destination = SERVER,
        .source_port = 40000,
        .port = port,
        .protocol = protocol,
        .sent = 8,
        .got = 8,
        .got_bytes = 800,
        .flags = {protocol == PROTOCOL_TCP ? SYN_ACK : 0, protocol == PROTOCOL_TCP ? SYN_ACK : 0},
        .signature = {(uint8_t)asks, (uint8_t)answers},
    };
}

static unsigned told_after(const struct play *play)
{
    stage_play(&stage, play);
    stage_close(&stage);
    return stage.finding_count;
}

// Time in which nothing is said.
static void pass(unsigned seconds)
{
    stage.pane.start_us += (int64_t)seconds * 1000000;
    stage.pane.end_us += (int64_t)seconds * 1000000;
}

static void a_protocol_on_the_port_of_another_is_told(void **state)
{
    (void)state;
    static const struct {
        uint8_t protocol;
        uint16_t port;
        enum signature both;
        bool told;
    } rows[] = {
        {PROTOCOL_TCP, 443, SIGNATURE_SSH, true},
        {PROTOCOL_TCP, 443, SIGNATURE_HTTP, true}, // pages of it
        {PROTOCOL_TCP, 443, SIGNATURE_RDP, true},
        {PROTOCOL_TCP, 443, SIGNATURE_BITTORRENT, true},
        {PROTOCOL_TCP, 443, SIGNATURE_TLS, false},
        {PROTOCOL_TCP, 443, SIGNATURE_OTHER, false},
        {PROTOCOL_TCP, 80, SIGNATURE_TLS, true},
        {PROTOCOL_TCP, 80, SIGNATURE_SSH, true},
        {PROTOCOL_TCP, 80, SIGNATURE_HTTP, false},
        {PROTOCOL_TCP, 22, SIGNATURE_SSH, false},
        {PROTOCOL_TCP, 22, SIGNATURE_HTTP, true},
        {PROTOCOL_TCP, 53, SIGNATURE_TLS, true},
        {PROTOCOL_TCP, 53, SIGNATURE_SSH, true},
        {PROTOCOL_TCP, 853, SIGNATURE_TLS, false},
        {PROTOCOL_TCP, 8443, SIGNATURE_TLS, false},
        {PROTOCOL_TCP, 8080, SIGNATURE_HTTP, false},
        {PROTOCOL_TCP, 8080, SIGNATURE_SSH, true},
        {PROTOCOL_TCP, 3389, SIGNATURE_TLS, false},
        {PROTOCOL_TCP, 12345, SIGNATURE_TLS, false},
        {PROTOCOL_TCP, 12345, SIGNATURE_HTTP, false},
        {PROTOCOL_TCP, 6881, SIGNATURE_BITTORRENT, false},
        {PROTOCOL_UDP, 443, SIGNATURE_QUIC, false},
        {PROTOCOL_UDP, 443, SIGNATURE_WIREGUARD, true},
        {PROTOCOL_UDP, 53, SIGNATURE_WIREGUARD, true},
        {PROTOCOL_UDP, 53, SIGNATURE_DTLS, true},
        {PROTOCOL_UDP, 51820, SIGNATURE_WIREGUARD, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        stage_init(&stage, only);
        struct play play = speaks(rows[i].both, rows[i].both, rows[i].protocol, rows[i].port);
        if (told_after(&play) != rows[i].told) {
            fail_msg("%s on port %u is %s", signature_name[rows[i].both], rows[i].port,
                     rows[i].told ? "missed" : "told");
        }
        stage_fini(&stage);
    }
}

static void it_says_who_and_what(void **state)
{
    (void)state;
    stage_init(&stage, only);
    struct play play = speaks(SIGNATURE_SSH, SIGNATURE_SSH, PROTOCOL_TCP, 443);
    for (unsigned i = 0; i < 16; i++) {
        play.source = CLIENT + (i < 4);
        play.source_port++;
        stage_play(&stage, &play);
    }
    stage_close(&stage);
    const struct finding *told = stage_told(&stage, "wrong_port", "45.0.0.1 port 443/tcp");
    assert_non_null(told);
    assert_int_equal(stage.finding_count, 1);
    assert_true(told->observed > 15.5 && told->observed < 16.5);
    assert_true(told->score > 0.69 && told->score < 0.71); // at twice the limit
    assert_non_null(strstr(told->explanation, "45.0.0.1 speaks SSH on port 443/tcp"));
    assert_non_null(strstr(told->explanation, "HTTPS"));
    assert_string_equal(told->contributors[0].name, "10.0.3.234");
    assert_int_equal(told->contributor_count, 2);
    stage_fini(&stage);
}

// Who only tries a port, refusals and redirections, and what is seen from its midst on.
static void what_is_no_conversation_is_not_told(void **state)
{
    (void)state;
    stage_init(&stage, only);
    struct play tries = speaks(SIGNATURE_SSH, SIGNATURE_OTHER, PROTOCOL_TCP, 443);
    assert_int_equal(told_after(&tries), 0);
    struct play unheard = speaks(SIGNATURE_SSH, SIGNATURE_NONE, PROTOCOL_TCP, 443);
    assert_int_equal(told_after(&unheard), 0);
    struct play probe = speaks(SIGNATURE_HTTP, SIGNATURE_SSH, PROTOCOL_TCP, 443);
    assert_int_equal(told_after(&probe), 0);
    struct play refusal = speaks(SIGNATURE_HTTP, SIGNATURE_HTTP, PROTOCOL_TCP, 443);
    refusal.got_bytes = 120;
    assert_int_equal(told_after(&refusal), 0);
    struct play midst = speaks(SIGNATURE_SSH, SIGNATURE_SSH, PROTOCOL_TCP, 443);
    midst.flags[0] = midst.flags[1] = PLAY_ACK;
    assert_int_equal(told_after(&midst), 0);
    // The server's banner comes before the client says anything.
    struct play banner = speaks(SIGNATURE_NONE, SIGNATURE_SSH, PROTOCOL_TCP, 443);
    assert_int_equal(told_after(&banner), 1);
    stage_fini(&stage);
}

static void a_server_is_told_for_an_hour(void **state)
{
    (void)state;
    stage_init(&stage, only);
    struct play play = speaks(SIGNATURE_SSH, SIGNATURE_SSH, PROTOCOL_TCP, 443);
    for (unsigned second = 0; second < HOUR_S; second += 60, pass(59)) {
        assert_int_equal(told_after(&play), 1);
    }
    pass(60);
    assert_int_equal(told_after(&play), 1); // the last time
    for (unsigned second = 0; second < 2 * HOUR_S; second += 60, pass(59)) {
        assert_int_equal(told_after(&play), 0);
    }
    pass(3 * 24 * HOUR_S);
    assert_int_equal(told_after(&play), 1); // forgotten meanwhile
    stage_fini(&stage);
}

static void many_are_what_is_usual(void **state)
{
    (void)state;
    stage_init(&stage, only);
    unsigned told = 0;
    for (unsigned server = 0; server < 200; server++) {
        struct play play = speaks(SIGNATURE_TLS, SIGNATURE_TLS, PROTOCOL_TCP, 80);
        play.destination += server;
        told += told_after(&play);
    }
    assert_int_equal(told, 3);
    // They hide none of another protocol.
    struct play play = speaks(SIGNATURE_SSH, SIGNATURE_SSH, PROTOCOL_TCP, 80);
    assert_int_equal(told_after(&play), 1);
    stage_fini(&stage);
}

static void a_shell_on_nobodys_port_is_told_once_others_were_learned(void **state)
{
    (void)state;
    stage_init(&stage, only);
    struct play old = speaks(SIGNATURE_SSH, SIGNATURE_SSH, PROTOCOL_TCP, 40404);
    assert_int_equal(told_after(&old), 0);
    pass(HOUR_S);
    assert_int_equal(told_after(&old), 0);
    struct play usual = speaks(SIGNATURE_SSH, SIGNATURE_SSH, PROTOCOL_TCP, 2222);
    assert_int_equal(told_after(&usual), 0);
    struct play new = speaks(SIGNATURE_SSH, SIGNATURE_SSH, PROTOCOL_TCP, 40405);
    assert_int_equal(told_after(&new), 1);
    assert_non_null(stage_told(&stage, "wrong_port", "45.0.0.1 port 40405/tcp"));
    struct play next = speaks(SIGNATURE_RDP, SIGNATURE_RDP, PROTOCOL_TCP, 40406);
    assert_int_equal(told_after(&next), 0); // one a day
    pass(24 * HOUR_S);
    struct play later = speaks(SIGNATURE_RDP, SIGNATURE_RDP, PROTOCOL_TCP, 40407);
    assert_int_equal(told_after(&later), 0);
    stage_fini(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_protocol_on_the_port_of_another_is_told),
        cmocka_unit_test(it_says_who_and_what),
        cmocka_unit_test(what_is_no_conversation_is_not_told),
        cmocka_unit_test(a_server_is_told_for_an_hour),
        cmocka_unit_test(many_are_what_is_usual),
        cmocka_unit_test(a_shell_on_nobodys_port_is_told_once_others_were_learned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
