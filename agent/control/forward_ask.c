// SPDX-License-Identifier: Apache-2.0
#include "agent/control/forward_ask.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOCAL "unix:"

enum { GATEWAY = 502, TOO_SLOW = 504 };
enum { UNAUTHORIZED = 401, FORBIDDEN = 403 };

// What came so far.
struct received {
    char octets[ERRAND_ANSWER_MAX];
    size_t bytes;
};

static size_t receive(char *octets, size_t size, size_t count, void *context)
{
    struct received *received = context;
    size_t bytes = size * count;
    if (bytes > sizeof(received->octets) - received->bytes) {
        return 0; // which ends the transfer
    }
    memcpy(received->octets + received->bytes, octets, bytes);
    received->bytes += bytes;
    return bytes;
}

static int progress(void *context, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
                    curl_off_t up)
{
    const struct asker *asker = context;
    (void)down_all;
    (void)down;
    (void)up_all;
    (void)up;
    return atomic_load_explicit(asker->stopping, memory_order_relaxed); // 1 ends the transfer
}

int asker_init(struct asker *asker, const char *at, const char *token, const atomic_bool *stopping,
               struct error *err)
{
    bool local = strncmp(at, LOCAL, strlen(LOCAL)) == 0;
    struct asker new = {.at = strdup(at), .stopping = stopping};
    bool made =
        new.at != NULL &&asprintf(&new.url, "http://%s", local ? "localhost" : at) >= 0 &&
        (token == NULL || asprintf(&new.authorization, "Authorization: Bearer %s", token) >= 0);
    // HTTP alone: nothing of TLS is set up.
    if (made && curl_global_init(CURL_GLOBAL_NOTHING) == CURLE_OK) {
        new.curl = curl_easy_init();
    }
    if (new.curl == NULL) {
        asker_fini(&new);
        return error_set(err, -ENOMEM, "no memory for the way to the generator");
    }
    *asker = new;
    return 0;
}

void asker_fini(struct asker *asker)
{
    curl_easy_cleanup(asker->curl);
    free(asker->at);
    free(asker->url);
    free(asker->authorization);
    *asker = (struct asker){0};
}

static void __attribute__((format(printf, 3, 4)))
fail(struct errand *errand, unsigned status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    json_t *message = json_vsprintf(format, arguments);
    va_end(arguments);
    errand->status = status;
    errand->answer = json_pack("{s:o}", "error", message);
}

// NULL: no memory.
static struct curl_slist *headers_make(const struct asker *asker)
{
    // No Expect: a body as small as ours is sent at once.
    const char *const lines[] = {"Content-Type: application/json", "Expect:", asker->authorization};
    struct curl_slist *headers = NULL;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]) && lines[i] != NULL; i++) {
        struct curl_slist *more = curl_slist_append(headers, lines[i]);
        if (more == NULL) {
            curl_slist_free_all(headers);
            return NULL;
        }
        headers = more;
    }
    return headers;
}

static void handle_set(const struct asker *asker, const struct errand *errand, const char *url,
                       const struct curl_slist *headers, struct received *received)
{
    CURL *curl = asker->curl;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (errand->method != HTTP_GET) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)errand->body_bytes);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, errand->body);
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, http_method_names[errand->method]);
    }
    if (strncmp(asker->at, LOCAL, strlen(LOCAL)) == 0) {
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, asker->at + strlen(LOCAL));
    }
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, received);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, asker);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); // whatever the environment says
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)ERRAND_PATIENCE_MS);
}

// What a generator says is handed on; what only its own clients should hear is not.
static void answer_take(const struct asker *asker, struct errand *errand,
                        const struct received *received)
{
    long status = 0;
    curl_easy_getinfo(asker->curl, CURLINFO_RESPONSE_CODE, &status);
    json_t *answer = json_loadb(received->octets, received->bytes, 0, NULL);
    bool refused = status == UNAUTHORIZED || status == FORBIDDEN;
    bool known = json_is_object(answer) && status != 404 && status != 405 &&
                 (status < 300 || json_is_string(json_object_get(answer, "error")));
    if (refused) {
        fail(errand, GATEWAY, "the generator at %s wants a token: control.generator_token is %s",
             asker->at, asker->authorization != NULL ? "another" : "none");
    } else if (!known) {
        fail(errand, GATEWAY,
             "control.generator: what answers at %s, with status %ld, is no weir generate",
             asker->at, status);
    } else {
        errand->status = (unsigned)status;
        errand->answer = json_incref(answer);
    }
    json_decref(answer);
}

static void failure_tell(const struct asker *asker, CURLcode code, struct errand *errand)
{
    long number = 0;
    curl_easy_getinfo(asker->curl, CURLINFO_OS_ERRNO, &number);
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        fail(errand, TOO_SLOW, "the generator at %s has not answered within %d s", asker->at,
             ERRAND_PATIENCE_MS / 1000);
        break;
    case CURLE_WRITE_ERROR:
        fail(errand, GATEWAY,
             "control.generator: what answers at %s, with more than %d octets, is no weir "
             "generate",
             asker->at, ERRAND_ANSWER_MAX);
        break;
    case CURLE_COULDNT_CONNECT:
        fail(errand, GATEWAY, "the generator at %s cannot be reached%s%s", asker->at,
             number != 0 ? ": " : "", number != 0 ? strerror((int)number) : "");
        break;
    default:
        fail(errand, GATEWAY, "the generator at %s cannot be asked: %s", asker->at,
             curl_easy_strerror(code));
    }
}

void asker_ask(struct asker *asker, struct errand *errand)
{
    struct received *received = malloc(sizeof(*received));
    struct curl_slist *headers = headers_make(asker);
    char *url = NULL;
    if (received != NULL && headers != NULL &&
        asprintf(&url, "%s%s", asker->url, errand->path) >= 0) {
        received->bytes = 0;
        handle_set(asker, errand, url, headers, received);
        CURLcode code = curl_easy_perform(asker->curl);
        if (code == CURLE_OK) {
            answer_take(asker, errand, received);
        } else {
            failure_tell(asker, code, errand);
        }
        free(url);
    } else {
        fail(errand, GATEWAY, "no memory to ask the generator at %s", asker->at);
    }
    curl_slist_free_all(headers);
    free(received);
}

void asker_give_up(const struct asker *asker, struct errand *errand)
{
    fail(errand, TOO_SLOW, "the generator at %s has not answered others within %d s", asker->at,
         ERRAND_PATIENCE_MS / 1000);
}
