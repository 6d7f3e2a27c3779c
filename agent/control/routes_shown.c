// SPDX-License-Identifier: Apache-2.0
#include "agent/control/openapi.h"
#include "agent/control/route.h"
#include "agent/control/state.h"
#include "dataplane/base/clock.h"

enum { US_PER_S = 1000000 };

void answers_list(struct control *control, const struct call *call, struct reply *reply)
{
    (void)call;
    reply_page(reply, 200, store_answers(&control->store, &control->budget));
}

void anomalies_list(struct control *control, const struct call *call, struct reply *reply)
{
    bool open_only = call->values[ANOMALIES_STATE] == 0;
    reply_page(reply, 200,
               store_anomalies(&control->store, &control->budget, open_only,
                               (unsigned)call->values[ANOMALIES_LIMIT]));
}

void windows_list(struct control *control, const struct call *call, struct reply *reply)
{
    const int64_t *values = call->values;
    if (values[WINDOWS_FROM] > values[WINDOWS_TO]) {
        reply_error(reply, &control->budget, 400,
                    "from_us: expected no more than to_us; got %lld and %lld",
                    (long long)values[WINDOWS_FROM], (long long)values[WINDOWS_TO]);
        return;
    }
    reply_page(reply, 200,
               store_windows(&control->store, &control->budget, values[WINDOWS_FROM],
                             values[WINDOWS_TO], (unsigned)values[WINDOWS_LIMIT]));
}

static void text_reply(struct control *control, struct text *text, const char *none,
                       struct reply *reply)
{
    if (text != NULL) {
        reply_text(reply, &control->budget, 200, text);
    } else {
        reply_error(reply, &control->budget, 404, "%s", none);
    }
}

void window_latest(struct control *control, const struct call *call, struct reply *reply)
{
    (void)call;
    text_reply(control, store_last_window(&control->store),
               "no window yet; the first comes when a pane closes", reply);
}

void books_show(struct control *control, const struct call *call, struct reply *reply)
{
    (void)call;
    text_reply(control, store_books_text(&control->store), "no books yet; try again", reply);
}

void metrics_show(struct control *control, const struct call *call, struct reply *reply)
{
    (void)call;
    text_reply(control, store_metrics_text(&control->store), "no metrics yet; try again", reply);
    if (reply->status == 200) {
        reply->type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    }
}

void health_show(struct control *control, const struct call *call, struct reply *reply)
{
    (void)call;
    double up_s = (double)(clock_monotonic_us() - control->began_us) / US_PER_S;
    reply_json(reply, &control->budget, 200,
               json_pack("{s:b, s:s, s:f}", "alive", 1, "version", WEIR_VERSION, "seconds", up_s));
}

void ready_show(struct control *control, const struct call *call, struct reply *reply)
{
    char why_not[128];
    bool ready = store_is_ready(&control->store, why_not);
    (void)call;
    reply_text(reply, &control->budget, ready ? 200 : 503, control_ready_text(ready, why_not));
}

void stream_show(struct control *control, const struct call *call, struct reply *reply)
{
    (void)control;
    (void)call;
    reply_clear(reply);
    reply->status = 200;
    reply->streams = true;
}

void openapi_show(struct control *control, const struct call *call, struct reply *reply)
{
    (void)call;
    reply_text(reply, &control->budget, 200, text_hold(control->openapi));
}

void index_show(struct control *control, const struct call *call, struct reply *reply)
{
    (void)call;
    json_t *list = json_array();
    for (unsigned i = 0; i < route_count; i++) {
        if (!route_is_served(control, &routes[i])) {
            continue;
        }
        json_array_append_new(list, json_pack("{s:s, s:s+, s:s}", "method",
                                              http_method_names[routes[i].method], "path", API_ROOT,
                                              routes[i].path, "summary", routes[i].summary));
    }
    reply_json(reply, &control->budget, 200, json_pack("{s:o}", "routes", list));
}
