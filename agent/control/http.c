// SPDX-License-Identifier: Apache-2.0
#include "agent/control/http.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "export/encode/text.h"

enum { MESSAGE_MAX = 1024, UNAVAILABLE = 503 };

const char *const http_method_names[HTTP_METHOD_COUNT] = {
    [HTTP_GET] = "GET",
    [HTTP_POST] = "POST",
    [HTTP_PATCH] = "PATCH",
    [HTTP_DELETE] = "DELETE",
};

void reply_clear(struct reply *reply)
{
    page_free(reply->page);
    *reply = (struct reply){0};
}

static struct page *page_of_one(struct budget *budget, struct text *text)
{
    struct page *page = text != NULL ? page_create(budget, 1, "", "\n") : NULL;
    if (page != NULL) {
        page_add(page, text);
        page_close(page);
        if (!page_charge(page)) {
            page_free(page);
            page = NULL;
        }
    }
    text_release(text);
    return page;
}

void reply_page(struct reply *reply, unsigned status, struct page *page)
{
    reply_clear(reply);
    reply->status = page != NULL ? status : UNAVAILABLE;
    reply->page = page;
}

void reply_text(struct reply *reply, struct budget *budget, unsigned status, struct text *text)
{
    reply_page(reply, status, page_of_one(budget, text));
}

void reply_json(struct reply *reply, struct budget *budget, unsigned status, json_t *json)
{
    reply_text(reply, budget, status, text_of(json));
}

void reply_error(struct reply *reply, struct budget *budget, unsigned status, const char *format,
                 ...)
{
    char message[MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    char body[6 * MESSAGE_MAX + 64] = "{\"error\":\""; // an octet becomes six at most
    char *at = text_json(body + strlen(body), body + sizeof(body) - 4, message);
    memcpy(at, "\"}", 2);
    reply_text(reply, budget, status, text_create(body, (size_t)(at + 2 - body)));
}
