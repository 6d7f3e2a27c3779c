// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/order.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config/nearest.h"
#include "agent/config/quantity.h"
#include "agent/generate/protocol.h"

#define ALL_TRAFFIC "all traffic"

const struct order_row order_rows[ORDER_KINDS] = {
    [ORDER_SYN_FLOOD] = {"syn_flood", "packets/s", 0, "10.0.0.7"},
    [ORDER_UDP_FLOOD] = {"udp_flood", "packets/s", 0, "10.0.0.7"},
    [ORDER_ICMP_FLOOD] = {"icmp_flood", "packets/s", 0, "10.0.0.7"},
    [ORDER_AMPLIFICATION] = {"amplification", "packets/s", 0, "10.0.0.7"},
    [ORDER_HORIZONTAL_SCAN] = {"horizontal_scan", "hosts/s", 100, "198.18.0.7"},
    [ORDER_VERTICAL_SCAN] = {"vertical_scan", "ports/s", 200, "198.18.0.7"},
    [ORDER_NEW_TALKERS] = {"new_talkers", "hosts/s", 50, "10.254.0.0/16"},
    [ORDER_SPIKE] = {"spike", "times the traffic", 5, ALL_TRAFFIC},
    [ORDER_DROP] = {"drop", "of the traffic is missing", 0.9, ALL_TRAFFIC},
    [ORDER_SILENCE] = {"silence", NULL, 1, ALL_TRAFFIC},
};

enum { TEXT_MAX = 128 };

static int kind_parse(const char *name, enum order_kind *kind, struct error *err)
{
    struct nearest nearest = nearest_to(name);
    for (int i = 0; i < ORDER_KINDS; i++) {
        if (strcmp(order_rows[i].name, name) == 0) {
            *kind = (enum order_kind)i;
            return 0;
        }
        nearest_consider(&nearest, order_rows[i].name);
    }
    return error_set(err, -EINVAL, "unknown kind of anomaly %s%s%s%s", name,
                     nearest.name != NULL ? ", did you mean " : "",
                     nearest.name != NULL ? nearest.name : "", nearest.name != NULL ? "?" : "");
}

// A number above 0, perhaps with k or M behind it.
static int strength_parse(const char *text, struct order *order, struct error *err)
{
    char *end;
    double strength = strtod(text, &end);
    strength *= *end == 'k' ? 1e3 : *end == 'M' ? 1e6 : 1;
    end += *end == 'k' || *end == 'M';
    if (end == text || *end != '\0' || !isfinite(strength) || strength <= 0 || strength > 1e8) {
        return error_set(err, -EINVAL, "expected a strength above 0, at most 100M; got %s", text);
    }
    if (order_rows[order->kind].unit == NULL) {
        return error_set(err, -EINVAL, "%s has no strength", order_rows[order->kind].name);
    }
    if (order->kind == ORDER_DROP && strength > 1) {
        return error_set(err, -EINVAL, "at most all traffic (1) can be missing; got %s", text);
    }
    if (order->kind == ORDER_SPIKE && strength > 1000) {
        return error_set(err, -EINVAL, "a spike is at most 1000 times the traffic; got %s", text);
    }
    order->strength = strength;
    return 0;
}

static int subject_parse(const char *text, struct order *order, struct error *err)
{
    bool is_attack = order->kind <= ORDER_VERTICAL_SCAN;
    bool is_share = order->kind == ORDER_SPIKE || order->kind == ORDER_DROP;
    const char *fixed = order_rows[order->kind].subject;
    snprintf(order->subject, sizeof(order->subject), "%s", text);
    order->protocol = -1;
    order->address = (struct address){.is_v6 = strchr(text, ':') != NULL};
    int family = order->address.is_v6 ? AF_INET6 : AF_INET;
    if (is_attack && inet_pton(family, text, order->address.octets) != 1) {
        return error_set(err, -EINVAL, "expected an address; got %s", text);
    }
    if (is_share && strcmp(text, fixed) != 0) {
        enum protocol_id id = protocol_find(text);
        if (id == PROTOCOL_COUNT) {
            return error_set(err, -EINVAL, "unknown protocol %s", text);
        }
        order->protocol = id;
        snprintf(order->subject, sizeof(order->subject), "protocol %s", text);
    } else if (!is_attack && strcmp(text, fixed) != 0) {
        return error_set(err, -EINVAL, "%s is always that of %s", order_rows[order->kind].name,
                         fixed);
    }
    return 0;
}

int order_make(const struct order_text *text, struct order *order, struct error *err)
{
    struct order made = {.end_us = quantity_parse(quantity_durations, text->length)};
    int code = kind_parse(text->kind, &made.kind, err);
    if (code == 0 && (made.end_us <= 0 || made.end_us > INT64_MAX / 4)) {
        code = error_set(err, -EINVAL, "expected a length such as 20s; got %s", text->length);
    }
    if (code == 0) {
        made.strength = order_rows[made.kind].strength;
        code = subject_parse(text->subject != NULL ? text->subject : order_rows[made.kind].subject,
                             &made, err);
    }
    if (code == 0 && text->strength != NULL) {
        code = strength_parse(text->strength, &made, err);
    }
    if (code == 0) {
        *order = made;
    }
    return code;
}

// Ends a text at `mark`; what is behind it, or NULL where there is no mark.
static char *cut(char *mark)
{
    if (mark == NULL) {
        return NULL;
    }
    *mark = '\0';
    return mark + 1;
}

int order_parse(const char *text, struct order *order, struct error *err)
{
    char copy[TEXT_MAX];
    if (strlen(text) >= sizeof(copy) || strchr(text, '@') == NULL) {
        return error_set(err, -EINVAL,
                         "expected KIND@BEGIN+LENGTH[:SUBJECT][=STRENGTH], such as "
                         "syn_flood@60s+20s:198.51.100.7; got %s",
                         text);
    }
    strcpy(copy, text);
    struct order_text parts = {.kind = copy, .strength = cut(strrchr(copy, '='))};
    char *begin = cut(strchr(copy, '@'));
    parts.subject = begin != NULL ? cut(strchr(begin, ':')) : NULL;
    parts.length = begin != NULL ? cut(strchr(begin, '+')) : NULL;
    int64_t begin_us = parts.length != NULL ? quantity_parse(quantity_durations, begin) : -1;
    if (begin_us < 0 || begin_us > INT64_MAX / 4) {
        return error_set(err, -EINVAL, "expected BEGIN+LENGTH, such as 60s+20s; got %s",
                         strchr(text, '@') + 1);
    }
    int code = order_make(&parts, order, err);
    if (code == 0) {
        order->begin_us += begin_us;
        order->end_us += begin_us;
    }
    return code;
}
