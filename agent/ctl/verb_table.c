// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/verb.h"

#define MEMBER(name_, argument_, help_)                                                            \
    {                                                                                              \
        name_, argument_, name_, help_                                                             \
    }

const struct ctl_flag_row ctl_flags[CTL_FLAG_COUNT] = {
    [CTL_URL] = {"url", "URL", NULL,
                 "where the API is, also unix:/PATH; else what WEIR_URL says, else "
                 "http://127.0.0.1:8471"},
    [CTL_TOKEN_FILE] = {"token-file", "FILE", NULL,
                        "show the token that is in FILE; else what WEIR_TOKEN says"},
    [CTL_CACERT] = {"cacert", "FILE", NULL, "trust servers whose certificate FILE vouches for"},
    [CTL_JSON] = {"json", NULL, NULL, "print what the API says, for machines"},
    [CTL_HELP] = {"help", NULL, NULL, "show this help"},
    [CTL_NAME] = MEMBER("name", "NAME",
                        "of a query: letters, digits, dots, - and _; of anomalies: the detector"),
    [CTL_KIND] = MEMBER("kind", "share|top|deviation",
                        "tell who has more than --percent, the --k that have most, or who is "
                        "--deviations above the mean"),
    [CTL_SUBJECT] =
        MEMBER("subject", "SUBJECT",
               "what is told apart: protocol, address, source, destination, port, "
               "prefix, vlan and others (docs/QUERIES.md); of an ordered anomaly: whom it "
               "is about"),
    [CTL_IPV4_BITS] = {"ipv4-bits", "N", "ipv4_bits", "length of IPv4 prefixes"},
    [CTL_IPV6_BITS] = {"ipv6-bits", "N", "ipv6_bits", "length of IPv6 prefixes"},
    [CTL_BY] = MEMBER("by", "bytes|packets|flows", "what is counted"),
    [CTL_WINDOW] = MEMBER("window", "DURATION", "over the last so much, such as 60s"),
    [CTL_PERCENT] = MEMBER("percent", "H", "of kind share"),
    [CTL_K] = MEMBER("k", "K", "of kind top"),
    [CTL_DEVIATIONS] = MEMBER("deviations", "X", "of kind deviation"),
    [CTL_BASELINE] = MEMBER("baseline", "mean|zero", "what the deviations are added to"),
    [CTL_TRAFFIC] = MEMBER("traffic", "external|all",
                           "with one end inside network.internal and one outside, or all"),
    [CTL_FILTER] = MEMBER("filter", "FILTER",
                          "count only such flows: 'destination_port = 53 and not source_ip in "
                          "10.0.0.0/8'; '' takes a filter away"),
    [CTL_ALL] = {"all", NULL, NULL, "also anomalies that ended"},
    [CTL_LAST] = {"last", "N", NULL, "how many at most"},
    [CTL_FROM] = {"from", "TIME", NULL,
                  "of that time or later: 2026-11-21T20:29:21Z, 2026-11-21 (UTC), or microseconds "
                  "since the epoch"},
    [CTL_TO] = {"to", "TIME", NULL, "from before that"},
    [CTL_NOTE] = {"note", "TEXT", NULL, "what others should know, up to 200 characters"},
    [CTL_UNDO] = {"undo", NULL, NULL, "take back what was said of it"},
    [CTL_LENGTH] = {"length", "DURATION", NULL, "how long it takes (20s)"},
    [CTL_STRENGTH] = {"strength", "N", NULL, "in the unit of its kind (docs/GENERATOR.md)"},
};

const struct ctl_verb ctl_verbs[] = {
    {"query list", "", "Shows all standing queries", 0, 0, 0, ctl_query_list},
    {"query show", "NAME", "Shows one query", 0, 1, 1, ctl_query_show},
    {"query add", "[JSON]",
     "Adds a query, from flags, from JSON (- is standard input), or from both", CTL_MEMBERS, 0, 1,
     ctl_query_add},
    {"query change", "NAME [JSON]", "Changes some of a query's members", CTL_CHANGES, 1, 2,
     ctl_query_change},
    {"query remove", "NAME", "Removes a query", 0, 1, 1, ctl_query_remove},
    {"query answer", "NAME", "Shows a query's latest answer", 0, 1, 1, ctl_query_answer},
    {"anomaly list", "", "Shows the anomalies that are open", CTL_BIT(CTL_ALL) | CTL_BIT(CTL_LAST),
     0, 0, ctl_anomaly_list},
    {"anomaly acknowledge", "NUMBER", "Says that somebody has seen an anomaly",
     CTL_BIT(CTL_NOTE) | CTL_BIT(CTL_UNDO), 1, 1, ctl_anomaly_acknowledge},
    {"window list", "", "Shows the last windows", CTL_BIT(CTL_LAST), 0, 0, ctl_window_list},
    {"history windows", "", "Shows windows on disk, those of earlier runs, too", CTL_SPAN, 0, 0,
     ctl_history_windows},
    {"history answers", "", "Shows answers of queries on disk", CTL_SPAN | CTL_BIT(CTL_NAME), 0, 0,
     ctl_history_answers},
    {"history anomalies", "", "Shows what anomalies' records said, on disk",
     CTL_SPAN | CTL_BIT(CTL_NAME), 0, 0, ctl_history_anomalies},
    {"history erase", "", "Erases a span of all that is on disk",
     CTL_BIT(CTL_FROM) | CTL_BIT(CTL_TO), 0, 0, ctl_history_erase},
    {"config show", "", "Shows every option as it is in effect", 0, 0, 0, ctl_config_show},
    {"config set", "NAME=VALUE...", "Changes options that can change while weir runs", 0, 1, 64,
     ctl_config_set},
    {"generator show", "", "Shows what the generator of traffic makes, and has made", 0, 0, 0,
     ctl_generator_show},
    {"generator start", "", "Lets the generator go on", 0, 0, 0, ctl_generator_start},
    {"generator stop", "", "Has the generator pause", 0, 0, 0, ctl_generator_stop},
    {"generator set", "NAME=VALUE...",
     "Changes what the generator makes: packets_per_second, flows_per_second, addresses, "
     "protocols, ipv6_share, rhythm",
     0, 1, 64, ctl_generator_set},
    {"generator anomaly", "KIND", "Has the generator make something odd, from now on",
     CTL_BIT(CTL_LENGTH) | CTL_BIT(CTL_SUBJECT) | CTL_BIT(CTL_STRENGTH), 1, 1,
     ctl_generator_anomaly},
    {"books", "", "Shows where every packet and every record went", 0, 0, 0, ctl_books},
    {"health", "", "Says whether weir is alive, takes packets and gives records away", 0, 0, 0,
     ctl_health},
};
const unsigned ctl_verb_count = sizeof(ctl_verbs) / sizeof(ctl_verbs[0]);
