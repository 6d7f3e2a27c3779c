// SPDX-License-Identifier: Apache-2.0
#include "agent/control/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/control/admit.h"
#include "agent/control/response.h"
#include "agent/control/route.h"

enum { DROPPED_MAX = 1024 * 1024 }; // of a body that is not wanted, before the connection is closed

static enum MHD_Result parameter_take(void *context, enum MHD_ValueKind kind, const char *name,
                                      const char *value)
{
    struct request *request = context;
    (void)kind;
    if (request->parameter_count < PARAMETERS_MAX) {
        request->parameters[request->parameter_count] = (struct parameter){name, value};
    }
    request->parameter_count++;
    return MHD_YES;
}

// Everything has come.
static enum MHD_Result answer(struct exchange *exchange, const char *url, const char *method)
{
    struct reply reply = {0};
    struct request request = {
        .method = (enum http_method)method_of(method),
        .path = url,
        .body = exchange->body,
        .body_bytes = exchange->body_bytes,
    };
    snprintf(request.who, sizeof(request.who), "%s", exchange->who);
    if (exchange->changed) {
        route_config_changed(exchange->control, exchange->change, exchange->who, &reply);
    } else if (exchange->returned) {
        route_generator_answered(exchange->control, exchange->errand, exchange->who, &reply);
    } else if (exchange->dropped > 0) {
        reply_error(&reply, &exchange->control->budget, 413,
                    "the body is too large; expected at most %d octets", BODY_BYTES_MAX);
    } else {
        MHD_get_connection_values(exchange->connection, MHD_GET_ARGUMENT_KIND, parameter_take,
                                  &request);
        route_serve(exchange->control, &request, &reply);
    }
    if (reply.change != NULL) {
        exchange->change = reply.change;
        exchange->change->waiter = exchange;
    }
    if (reply.errand != NULL) {
        exchange->errand = reply.errand;
        exchange->errand->waiter = exchange;
    }
    if (reply.change != NULL || reply.errand != NULL) {
        MHD_suspend_connection(exchange->connection);
        return MHD_YES;
    }
    return response_send(exchange->control, exchange->connection, &reply);
}

// Keeps a piece of the body. MHD_NO closes the connection: there is too much of it.
static enum MHD_Result body_take(struct exchange *exchange, const char *octets, size_t bytes)
{
    size_t whole = exchange->body_bytes + bytes;
    if (whole > exchange->body_room && whole <= BODY_BYTES_MAX && exchange->dropped == 0) {
        size_t room = 2 * whole < BODY_BYTES_MAX ? 2 * whole : BODY_BYTES_MAX;
        size_t more = room - exchange->body_room;
        if (!budget_take(&exchange->control->budget, more)) {
            return MHD_NO;
        }
        char *grown = realloc(exchange->body, room);
        if (grown == NULL) {
            budget_return(&exchange->control->budget, more);
            return MHD_NO;
        }
        exchange->body = grown;
        exchange->body_room = room;
    }
    if (whole > exchange->body_room || exchange->dropped > 0) {
        exchange->dropped += bytes;
        return exchange->dropped <= DROPPED_MAX ? MHD_YES : MHD_NO;
    }
    memcpy(exchange->body + exchange->body_bytes, octets, bytes);
    exchange->body_bytes = whole;
    return MHD_YES;
}

enum MHD_Result exchange_take(struct control *control, const struct guard *guard,
                              struct MHD_Connection *connection, const char *url,
                              const char *method, const char *upload, size_t *upload_bytes,
                              struct exchange **exchange)
{
    if (*exchange == NULL) {
        struct exchange *new = calloc(1, sizeof(*new));
        struct reply reply = {0};
        if (new == NULL) {
            return MHD_NO;
        }
        *new = (struct exchange){.control = control, .connection = connection, .guard = guard};
        *exchange = new;
        who_write(guard, connection, new->who);
        return admit(control, guard, connection, url, method, &reply)
                   ? MHD_YES
                   : response_send(control, connection, &reply);
    }
    if (*upload_bytes > 0) {
        size_t bytes = *upload_bytes;
        *upload_bytes = 0;
        return body_take(*exchange, upload, bytes);
    }
    return answer(*exchange, url, method);
}

void exchange_resume(struct change *change)
{
    struct exchange *exchange = change->waiter;
    if (exchange == NULL) {
        change_free(change);
        return;
    }
    exchange->changed = true;
    MHD_resume_connection(exchange->connection);
}

void exchange_return(struct errand *errand)
{
    struct exchange *exchange = errand->waiter;
    if (exchange == NULL) {
        errand_free(errand);
        return;
    }
    exchange->returned = true;
    MHD_resume_connection(exchange->connection);
}

void exchange_free(struct exchange *exchange)
{
    if (exchange != NULL) {
        if (exchange->returned) {
            errand_free(exchange->errand);
        } else if (exchange->errand != NULL) {
            exchange->errand->waiter = NULL;
        }
        if (exchange->changed) {
            change_free(exchange->change);
        } else if (exchange->change != NULL) {
            exchange->change->waiter = NULL;
        }
        budget_return(&exchange->control->budget, exchange->body_room);
        free(exchange->body);
        free(exchange);
    }
}
