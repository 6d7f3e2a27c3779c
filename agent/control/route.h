// SPDX-License-Identifier: Apache-2.0
// The API as a table: one row for each method of each path. Requests are matched with it, replies
// to OPTIONS and the OpenAPI description come from it.
#ifndef WEIR_CONTROL_ROUTE_H
#define WEIR_CONTROL_ROUTE_H

#include "agent/control/http.h"

struct control;

// Of a query string. A text where it has a most, a choice where `choices` is set, else a number.
struct route_parameter {
    const char *name;
    const char *help;
    const char *const *choices; // then NULL
    int64_t least;
    int64_t most;
    int64_t standard; // a number's, or a choice's index
    size_t text_max;  // octets; 0: it is no text
};

// A request whose row was found and whose parameters were read.
struct call {
    const struct request *request;
    char name[80];                  // what stood for {name} or {number}; empty: the path has none
    int64_t values[PARAMETERS_MAX]; // of the row's parameters, in their order
    const char *texts[PARAMETERS_MAX]; // of those that are texts; NULL: not given
};

// Whose a route is. One whose owner is not there is not served.
enum route_owner {
    ROUTE_OF_SENSOR,
    ROUTE_OF_GENERATOR, // of one in this process, or of one that this process hands requests on to
    ROUTE_OF_ALL,
};

struct route {
    enum http_method method;
    const char *path; // below API_ROOT; {name}, {number} stand for one segment
    const char *summary;
    const struct route_parameter *parameters;
    unsigned parameter_count;
    const char *takes;  // schema of the body (openapi.c); NULL: none
    const char *gives;  // schema of a success's body; NULL: none, "Stream": server-sent events
    unsigned status;    // of a success
    const char *errors; // statuses of further replies that it gives: "404 409"
    void (*serve)(struct control *control, const struct call *call, struct reply *reply);
    enum route_owner owner;
};

extern const struct route routes[];
extern const unsigned route_count;

// The row of a request's method and path, or NULL; *allowed has the bits of all methods that the
// path has then: 0, there is no such path. `name` gets what stands for {name} or {number}.
const struct route *route_find(enum http_method method, const char *path, unsigned *allowed,
                               char name[80]);

bool route_is_served(const struct control *control, const struct route *route);

// What Prometheus reads; beside the API and not of its version.
#define METRICS_PATH "/metrics"

// Answers a request that may be answered. Server's thread.
void route_serve(struct control *control, const struct request *request, struct reply *reply);

// What came of a change of the configuration that a reply was waiting for.
void route_config_changed(struct control *control, const struct change *change, const char *who,
                          struct reply *reply);

// What came of a request that a generator elsewhere was to answer.
void route_generator_answered(struct control *control, const struct errand *errand, const char *who,
                              struct reply *reply);

// For the files that hold the functions of the rows.
typedef void route_function(struct control *control, const struct call *call, struct reply *reply);
route_function queries_list, queries_add, query_show, query_change_serve, query_remove,
    query_answer_show; // routes_queries.c
route_function answers_list, anomalies_list, windows_list, window_latest, books_show, health_show,
    ready_show, index_show, stream_show, openapi_show, metrics_show; // routes_shown.c
route_function config_show, config_patch;                            // routes_config.c
route_function anomaly_acknowledge;                                  // routes_anomalies.c
route_function history_windows, history_answers, history_anomalies,
    history_remove;                                            // routes_history.c
route_function generator_get, generator_patch, generator_post; // routes_generator.c

extern const struct route_parameter anomalies_parameters[], windows_parameters[],
    history_parameters[], erased_parameters[];
enum { ANOMALIES_STATE, ANOMALIES_LIMIT, ANOMALIES_PARAMETERS };
// Of what is erased the first two; of windows those up to HISTORY_NAME, of anomalies that one, too.
enum {
    HISTORY_FROM,
    HISTORY_TO,
    HISTORY_LIMIT,
    HISTORY_ORDER,
    HISTORY_LAST_US,
    HISTORY_LAST_ID,
    HISTORY_NAME,
    HISTORY_EVERY,
    HISTORY_PARAMETERS,
    ERASED_PARAMETERS = HISTORY_LIMIT,
    HISTORY_WINDOWS_PARAMETERS = HISTORY_NAME,
    HISTORY_ANOMALIES_PARAMETERS = HISTORY_EVERY,
};
enum { WINDOWS_LIMIT, WINDOWS_FROM, WINDOWS_TO, WINDOWS_PARAMETERS };

#endif
