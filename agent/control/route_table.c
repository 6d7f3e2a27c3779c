// SPDX-License-Identifier: Apache-2.0
#include "agent/control/route.h"

enum { LIMIT_MAX = 1000000, HISTORY_LIMIT_MAX = 10000, NAME_BYTES_MAX = 64 };

static const char *const states[] = {"open", "all", NULL};

const struct route_parameter anomalies_parameters[] = {
    [ANOMALIES_STATE] = {.name = "state",
                         .help = "only those that are open, or also those that ended",
                         .choices = states,
                         .standard = 1},
    [ANOMALIES_LIMIT] = {.name = "limit",
                         .help = "how many at most",
                         .least = 1,
                         .most = LIMIT_MAX,
                         .standard = 100},
};

const struct route_parameter windows_parameters[] = {
    [WINDOWS_LIMIT] = {.name = "limit",
                       .help = "how many at most: the last ones",
                       .least = 1,
                       .most = LIMIT_MAX,
                       .standard = 60},
    [WINDOWS_FROM] = {.name = "from_us",
                      .help = "only windows that start then or later, in microseconds since the "
                              "epoch",
                      .most = INT64_MAX},
    [WINDOWS_TO] = {.name = "to_us",
                    .help = "only windows that start before that",
                    .most = INT64_MAX,
                    .standard = INT64_MAX},
};

static const char *const orders[] = {"newest", "oldest", NULL};

const struct route_parameter history_parameters[] = {
    [HISTORY_FROM] = {.name = "from_us",
                      .help = "only records of that time or later, in microseconds since the epoch",
                      .most = INT64_MAX},
    [HISTORY_TO] = {.name = "to_us",
                    .help = "only records from before that",
                    .most = INT64_MAX,
                    .standard = INT64_MAX},
    [HISTORY_LIMIT] = {.name = "limit",
                       .help = "how many at most",
                       .least = 1,
                       .most = HISTORY_LIMIT_MAX,
                       .standard = 100},
    [HISTORY_ORDER] = {.name = "order", .help = "which come first", .choices = orders},
    [HISTORY_LAST_US] = {.name = "last_us",
                         .help = "with last_id, from `next` of a reply: goes on behind it",
                         .most = INT64_MAX},
    [HISTORY_LAST_ID] = {.name = "last_id", .help = "see last_us", .most = INT64_MAX},
    [HISTORY_NAME] = {.name = "name",
                      .help = "only those of this query, or of this detector",
                      .text_max = NAME_BYTES_MAX},
    [HISTORY_EVERY] = {.name = "every_us",
                       .help = "with name: only the last of each stretch of so many microseconds, "
                               "which begin at multiples of it; 0: all",
                       .most = INT64_MAX},
};

const struct route_parameter erased_parameters[] = {
    [HISTORY_FROM] = {.name = "from_us",
                      .help = "records of that time or later, in microseconds since the epoch",
                      .most = INT64_MAX},
    [HISTORY_TO] = {.name = "to_us",
                    .help = "and from before that; has to be given",
                    .most = INT64_MAX},
};

// The order is that of the description.
const struct route routes[] = {
    {HTTP_GET, "", "What there is", NULL, 0, NULL, "Index", 200, "", index_show, ROUTE_OF_ALL},
    {HTTP_GET, "/queries", "All standing queries", NULL, 0, NULL, "Queries", 200, "", queries_list},
    {HTTP_POST, "/queries", "Add a query; it counts from the next pane on", NULL, 0, "Query",
     "Query", 201, "409 503 507", queries_add},
    {HTTP_GET, "/queries/{name}", "One query", NULL, 0, NULL, "Query", 200, "404", query_show},
    {HTTP_PATCH, "/queries/{name}",
     "Change some of a query's members; null takes a filter away. Its next answer is by the new "
     "definition",
     NULL, 0, "QueryChange", "Query", 200, "404 503", query_change_serve},
    {HTTP_DELETE, "/queries/{name}", "Remove a query and its answer", NULL, 0, NULL, NULL, 204,
     "404 503", query_remove},
    {HTTP_GET, "/queries/{name}/answer", "The query's latest answer", NULL, 0, NULL, "QueryRecord",
     200, "404", query_answer_show},
    {HTTP_GET, "/answers", "The latest answer of each query", NULL, 0, NULL, "Answers", 200, "",
     answers_list},
    {HTTP_GET, "/anomalies", "Anomalies, those that are open first, newest first",
     anomalies_parameters, ANOMALIES_PARAMETERS, NULL, "Anomalies", 200, "", anomalies_list},
    {HTTP_PATCH, "/anomalies/{number}",
     "Acknowledge an anomaly, or take that back; it goes on and ends as it would have", NULL, 0,
     "Acknowledgement", "AnomalyRecord", 200, "404 503", anomaly_acknowledge},
    {HTTP_GET, "/windows", "Windows in the order of time", windows_parameters, WINDOWS_PARAMETERS,
     NULL, "Windows", 200, "", windows_list},
    {HTTP_GET, "/windows/latest", "The last window", NULL, 0, NULL, "WindowRecord", 200, "404",
     window_latest},
    {HTTP_GET, "/history/windows", "Windows on disk, those of earlier runs, too",
     history_parameters, HISTORY_WINDOWS_PARAMETERS, NULL, "HistoryWindows", 200, "404 500 503",
     history_windows},
    {HTTP_GET, "/history/answers", "Answers of queries on disk", history_parameters,
     HISTORY_PARAMETERS, NULL, "HistoryAnswers", 200, "404 500 503", history_answers},
    {HTTP_GET, "/history/anomalies", "What anomalies' records said, on disk", history_parameters,
     HISTORY_ANOMALIES_PARAMETERS, NULL, "HistoryAnomalies", 200, "404 500 503", history_anomalies},
    {HTTP_DELETE, "/history", "Erase a span of all that is on disk", erased_parameters,
     ERASED_PARAMETERS, NULL, NULL, 204, "404 503", history_remove},
    {HTTP_GET, "/config", "Every option as it is in effect", NULL, 0, NULL, "Config", 200, "",
     config_show},
    {HTTP_PATCH, "/config", "Change options that can change while weir runs", NULL, 0, "Config",
     "Config", 200, "409 503", config_patch},
    {HTTP_GET, "/generator", "What the generator of traffic makes, and has made", NULL, 0, NULL,
     "Generator", 200, "404 502 503 504", generator_get, ROUTE_OF_GENERATOR},
    {HTTP_PATCH, "/generator", "Start or stop the generator, or change what it makes", NULL, 0,
     "GeneratorChange", "Generator", 200, "404 502 503 504", generator_patch, ROUTE_OF_GENERATOR},
    {HTTP_POST, "/generator/anomalies", "Have the generator make something odd, from now on", NULL,
     0, "GeneratorOrder", "GeneratorAnomaly", 201, "404 409 502 503 504", generator_post,
     ROUTE_OF_GENERATOR},
    {HTTP_GET, "/books", "Where every packet and every record went, as of now", NULL, 0, NULL,
     "Books", 200, "404", books_show},
    {HTTP_GET, "/health", "Whether the process is alive", NULL, 0, NULL, "Health", 200, "",
     health_show, ROUTE_OF_ALL},
    {HTTP_GET, "/ready", "Whether packets are taken and records given away", NULL, 0, NULL, "Ready",
     200, "503", ready_show},
    {HTTP_GET, "/stream", "What happens, as server-sent events", NULL, 0, NULL, "Stream", 200,
     "503", stream_show},
    {HTTP_GET, "/openapi.json", "This description", NULL, 0, NULL, "OpenAPI", 200, "", openapi_show,
     ROUTE_OF_ALL},
};
const unsigned route_count = sizeof(routes) / sizeof(routes[0]);
