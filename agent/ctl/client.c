// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_S = 5, ALL_S = 60, ANSWER_BYTES_MAX = 256 * 1024 * 1024 };
enum { HTTP_FIRST_ERROR = 400, HTTP_WRONG = 400, HTTP_UNAVAILABLE = 503 };

struct received {
    char *octets;
    size_t bytes;
    size_t room;
};

static size_t receive(char *octets, size_t size, size_t count, void *context)
{
    struct received *received = context;
    size_t bytes = size * count;
    if (received->bytes + bytes > received->room) {
        size_t room = 2 * (received->bytes + bytes);
        char *grown = room <= ANSWER_BYTES_MAX ? realloc(received->octets, room) : NULL;
        if (grown == NULL) {
            return 0; // which ends the transfer
        }
        received->octets = grown;
        received->room = room;
    }
    memcpy(received->octets + received->bytes, octets, bytes);
    received->bytes += bytes;
    return bytes;
}

void client_fini(struct client *client)
{
    curl_easy_cleanup(client->curl);
    free(client->token);
    *client = (struct client){0};
}

// Where the API is at a socket in the file system; NULL: elsewhere.
static const char *local_path(const struct client *client)
{
    static const char local[] = "unix:";
    return strncmp(client->url, local, strlen(local)) == 0 ? client->url + strlen(local) : NULL;
}

// The whole URL, for the caller to free; NULL: no memory.
static char *url_make(const struct client *client, const char *path, const char *name,
                      const char *behind)
{
    char *url;
    const char *base = local_path(client) != NULL ? "http://localhost" : client->url;
    char *escaped = name != NULL ? curl_easy_escape(client->curl, name, 0) : NULL;
    size_t length = strlen(base);
    while (length > 0 && base[length - 1] == '/') {
        length--;
    }
    int written = name != NULL && escaped == NULL
                      ? -1
                      : asprintf(&url, "%.*s/api/v1%s%s%s%s", (int)length, base, path,
                                 name != NULL ? "/" : "", name != NULL ? escaped : "", behind);
    curl_free(escaped);
    return written >= 0 ? url : NULL;
}

// NULL: no memory.
static struct curl_slist *headers_make(const struct client *client)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    char *authorization = NULL;
    if (client->token != NULL && headers != NULL) {
        struct curl_slist *more = NULL;
        if (asprintf(&authorization, "Authorization: Bearer %s", client->token) >= 0) {
            more = curl_slist_append(headers, authorization);
            free(authorization);
        }
        if (more == NULL) {
            curl_slist_free_all(headers);
        }
        headers = more;
    }
    return headers;
}

static void handle_set(const struct client *client, const char *method, const char *url,
                       const struct curl_slist *headers, const char *body,
                       struct received *received, char *why)
{
    CURL *curl = client->curl;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, local_path(client));
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, received);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)ALL_S);
    if (body == NULL) {
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    }
    if (client->cacert != NULL) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, client->cacert);
    }
}

static int failure_tell(const struct client *client, CURLcode code, const char *why,
                        struct error *err)
{
    const char *said = why[0] != '\0' ? why : curl_easy_strerror(code);
    switch (code) {
    case CURLE_COULDNT_CONNECT:
        return error_set(err, -ECONNREFUSED,
                         "nobody answers at %s: is weir running there? --url says where else (%s)",
                         client->url, said);
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return error_set(err, -EINVAL, "--url: expected such as http://127.0.0.1:8471; got %s",
                         client->url);
    case CURLE_PEER_FAILED_VERIFICATION:
        return error_set(err, -EPROTO, "%s: %s; --cacert names a certificate to trust", client->url,
                         said);
    default:
        return error_set(err, -EIO, "%s: %s", client->url, said);
    }
}

// Takes the answer apart. What is not ready (503) also says so in JSON.
static int answer_read(const struct client *client, const struct received *received, json_t **json,
                       struct error *err)
{
    long status = 0;
    json_error_t wrong;
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    json_t *read = received->bytes > 0
                       ? json_loadb(received->octets, received->bytes, JSON_DECODE_ANY, &wrong)
                       : NULL;
    const char *message = json_string_value(json_object_get(read, "error"));
    if (status < HTTP_FIRST_ERROR && (read != NULL || received->bytes == 0)) {
        *json = read;
        return 0;
    }
    int code = status == HTTP_WRONG ? -EINVAL : status == HTTP_UNAVAILABLE ? -EAGAIN : -EIO;
    if (message != NULL) {
        error_set(err, code, "%s", message);
    } else {
        error_set(err, code, "%s: is no weir's control API (it answered with status %ld)",
                  client->url, status);
    }
    json_decref(read);
    return code;
}

int client_ask(struct client *client, const char *method, const char *path, const char *name,
               const char *behind, const json_t *body, json_t **json, struct error *err)
{
    char why[CURL_ERROR_SIZE] = "";
    struct received received = {.octets = NULL};
    if (client->curl == NULL) {
        client->curl = curl_easy_init();
    } else {
        curl_easy_reset(client->curl);
    }
    if (client->curl == NULL) {
        return error_set(err, -ENOMEM, "no memory to ask %s", client->url);
    }
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    char *url = url_make(client, path, name, behind);
    struct curl_slist *headers = headers_make(client);
    int code = -ENOMEM;
    if (url == NULL || headers == NULL || (body != NULL && text == NULL)) {
        error_set(err, code, "no memory to ask %s", client->url);
    } else {
        handle_set(client, method, url, headers, text, &received, why);
        CURLcode done = curl_easy_perform(client->curl);
        code = done == CURLE_OK ? answer_read(client, &received, json, err)
                                : failure_tell(client, done, why, err);
    }
    curl_slist_free_all(headers);
    free(url);
    free(text);
    free(received.octets);
    return code;
}
