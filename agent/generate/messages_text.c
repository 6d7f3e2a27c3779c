// SPDX-License-Identifier: Apache-2.0
// Protocols of lines: HTTP, SOAP, FTP, SMTP, SIP with its calls, SSDP.
#include "agent/generate/messages.h"

#include <arpa/inet.h>
#include <stdio.h>

#define LINE "\r\n"

// Texts are put together by these; snprintf takes longer than all the rest of a packet.
static uint8_t *put(uint8_t *to, const char *text)
{
    size_t length = strlen(text);
    memcpy(to, text, length);
    return to + length;
}

static uint8_t *put_hexadecimal(uint8_t *to, uint32_t number)
{
    for (unsigned i = 0; i < 8; i++) {
        to[i] = (uint8_t) "0123456789abcdef"[number >> (28 - 4 * i) & 15];
    }
    return to + 8;
}

static uint8_t *put_decimal(uint8_t *to, unsigned number)
{
    uint8_t digits[10];
    unsigned count = 0;
    do {
        digits[count++] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count > 0) {
        *to++ = digits[--count];
    }
    return to;
}

static unsigned http_get(const struct making *making, uint8_t *to)
{
    static const char *const pages[] = {"/", "/index.html", "/images/logo.png", "/news", "/search"};
    uint8_t *at = put(to, "GET ");
    at = put(at, pages[draw_below(making->draw, 5)]);
    at = put(at, "?q=");
    at = put_hexadecimal(at, making->id + making->round);
    at = put(at, " HTTP/1.1" LINE "Host: www.example.com" LINE
                 "User-Agent: Mozilla/5.0 (X11; Linux x86_64)" LINE
                 "Accept: text/html,*/*;q=0.8" LINE "Connection: keep-alive" LINE LINE);
    return (unsigned)(at - to);
}

static unsigned http_answer(const struct making *making, uint8_t *to)
{
    uint8_t *at = put(to, "HTTP/1.1 200 OK" LINE "Server: Apache/2.4.57 (Debian)" LINE
                          "Content-Type: text/plain; charset=utf-8" LINE "Content-Length: ");
    at = put_decimal(at, making->bulk_bytes);
    return (unsigned)(put(at, LINE LINE) - to);
}

const struct message messages_http[] = {
    {CLIENT, .make = http_get},
    {SERVER, .make = http_answer},
    {SERVER, .bulk = BULK_TEXT},
};

#define SOAP_BEGIN                                                                                 \
    "<?xml version=\"1.0\"?>" LINE                                                                 \
    "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>"
#define SOAP_END "</s:Body></s:Envelope>" LINE

// Headers around a body whose length they say.
static unsigned soap(uint8_t *to, const char *head, const char *body)
{
    uint8_t *at = put(to, head);
    at = put(at, LINE "Content-Type: text/xml; charset=\"utf-8\"" LINE "Content-Length: ");
    at = put_decimal(at, (unsigned)strlen(body));
    at = put(at, LINE LINE);
    return (unsigned)(put(at, body) - to);
}

static unsigned soap_call(const struct making *making, uint8_t *to)
{
    (void)making;
    return soap(to,
                "POST /control HTTP/1.1" LINE "Host: gateway.example.com" LINE
                "SOAPAction: \"urn:example-com:service:Meter:1#GetReading\"",
                SOAP_BEGIN "<m:GetReading xmlns:m=\"urn:example-com:service:Meter:1\">"
                           "<m:Channel>1</m:Channel></m:GetReading>" SOAP_END);
}

static unsigned soap_answer(const struct making *making, uint8_t *to)
{
    char body[512];
    uint8_t *at = put((uint8_t *)body, SOAP_BEGIN "<m:GetReadingResponse xmlns:m="
                                                  "\"urn:example-com:service:Meter:1\"><m:Value>");
    at = put_decimal(at, draw_below(making->draw, 1000));
    *put(at, "</m:Value></m:GetReadingResponse>" SOAP_END) = '\0';
    return soap(to, "HTTP/1.1 200 OK", body);
}

const struct message messages_soap[] = {
    {CLIENT, .make = soap_call},
    {SERVER, .make = soap_answer},
};

const struct message messages_ftp[] = {
    {SERVER, "220 files.example.com FTP server ready." LINE},
    {CLIENT, "USER anonymous" LINE},
    {SERVER, "331 Guest login ok, send your e-mail address as password." LINE},
    {CLIENT, "PASS guest@example.com" LINE},
    {SERVER, "230 Guest login ok, access restrictions apply." LINE},
    {CLIENT, "SIZE pub/release.tar.gz" LINE},
    {SERVER, "213 18874368" LINE},
    {CLIENT, "QUIT" LINE},
    {SERVER, "221 Goodbye." LINE},
};

const struct message messages_smtp[] = {
    {SERVER, "220 mx.example.com ESMTP" LINE},
    {CLIENT, "EHLO mail.example.net" LINE},
    {SERVER, "250-mx.example.com" LINE "250-SIZE 52428800" LINE "250 8BITMIME" LINE},
    {CLIENT, "MAIL FROM:<alice@example.net>" LINE},
    {SERVER, "250 2.1.0 Ok" LINE},
    {CLIENT, "RCPT TO:<bob@example.com>" LINE},
    {SERVER, "250 2.1.5 Ok" LINE},
    {CLIENT, "DATA" LINE},
    {SERVER, "354 End data with <CR><LF>.<CR><LF>" LINE},
    {CLIENT, .bulk = BULK_TEXT},
    {CLIENT, LINE "." LINE},
    {SERVER, "250 2.0.0 Ok: queued" LINE},
    {CLIENT, "QUIT" LINE},
    {SERVER, "221 2.0.0 Bye" LINE},
};

struct sip_text {
    char own[INET6_ADDRSTRLEN]; // of the packet's sender
    char other[INET6_ADDRSTRLEN];
    const char *family;
};

static void sip_text_fill(struct sip_text *text, const struct frame_ends *ends)
{
    int family = ends->source.is_v6 ? AF_INET6 : AF_INET;
    inet_ntop(family, ends->source.octets, text->own, sizeof(text->own));
    inet_ntop(family, ends->destination.octets, text->other, sizeof(text->other));
    text->family = ends->source.is_v6 ? "IP6" : "IP4";
}

// What request and answer of one transaction share, and a body, with its length, or none.
static unsigned sip_write(const struct making *making, uint8_t *to, const char *first,
                          const char *method, unsigned sequence, const char *body)
{
    uint8_t *at = put(to, first);
    at = put(at, LINE "Via: SIP/2.0/UDP client.example.com:5060;branch=z9hG4bK");
    at = put_hexadecimal(at, making->id + sequence);
    at = put(at, LINE "Max-Forwards: 70" LINE "From: <sip:alice@example.com>;tag=");
    at = put_hexadecimal(at, making->id);
    at = put(at, LINE "To: <sip:bob@example.com>");
    at = put(at, making->from == SERVER ? ";tag=b0b" : "");
    at = put(at, LINE "Call-ID: ");
    at = put_hexadecimal(at, making->id);
    at = put(at, "@client.example.com" LINE "CSeq: ");
    at = put_decimal(at, sequence);
    *at++ = ' ';
    at = put(at, method);
    at = put(at, body[0] != '\0' ? LINE "Content-Type: application/sdp" LINE : LINE);
    at = put(at, "Content-Length: ");
    at = put_decimal(at, (unsigned)strlen(body));
    at = put(at, LINE LINE);
    return (unsigned)(put(at, body) - to);
}

static unsigned sip_register(const struct making *making, uint8_t *to)
{
    return sip_write(making, to, "REGISTER sip:registrar.example.com SIP/2.0", "REGISTER",
                     making->round + 1, "");
}

static unsigned sip_registered(const struct making *making, uint8_t *to)
{
    return sip_write(making, to, "SIP/2.0 200 OK", "REGISTER", making->round + 1, "");
}

// The client's port for RTP is drawn for the flow; see generator.c.
static unsigned sip_media(const struct making *making, uint8_t *to, const char *first)
{
    struct sip_text text;
    char body[512];
    sip_text_fill(&text, making->ends);
    unsigned port = making->from == SERVER ? protocol_rows[PROTOCOL_RTP].port
                                           : 16384U + 2 * (making->id % 8192);
    snprintf(body, sizeof(body),
             "v=0" LINE "o=- %u 1 IN %s %s" LINE "s=call" LINE "c=IN %s %s" LINE "t=0 0" LINE
             "m=audio %u RTP/AVP 0" LINE "a=rtpmap:0 PCMU/8000" LINE "a=sendrecv" LINE,
             making->id, text.family, text.own, text.family, text.own, port);
    return sip_write(making, to, first, "INVITE", 1, body);
}

static unsigned call_invite(const struct making *making, uint8_t *to)
{
    return sip_media(making, to, "INVITE sip:bob@example.com SIP/2.0");
}

static unsigned call_trying(const struct making *making, uint8_t *to)
{
    return sip_write(making, to, "SIP/2.0 100 Trying", "INVITE", 1, "");
}

static unsigned call_ringing(const struct making *making, uint8_t *to)
{
    return sip_write(making, to, "SIP/2.0 180 Ringing", "INVITE", 1, "");
}

static unsigned call_taken(const struct making *making, uint8_t *to)
{
    return sip_media(making, to, "SIP/2.0 200 OK");
}

static unsigned call_ack(const struct making *making, uint8_t *to)
{
    return sip_write(making, to, "ACK sip:bob@example.com SIP/2.0", "ACK", 1, "");
}

static unsigned call_bye(const struct making *making, uint8_t *to)
{
    return sip_write(making, to, "BYE sip:bob@example.com SIP/2.0", "BYE", 2, "");
}

static unsigned call_over(const struct making *making, uint8_t *to)
{
    return sip_write(making, to, "SIP/2.0 200 OK", "BYE", 2, "");
}

const struct message messages_sip[] = {
    {CLIENT, .make = sip_register},
    {SERVER, .make = sip_registered},
};

const struct message messages_call[] = {
    {CLIENT, .make = call_invite}, {SERVER, .make = call_trying}, {SERVER, .make = call_ringing},
    {SERVER, .make = call_taken},  {CLIENT, .make = call_ack},    {CLIENT, .make = call_bye},
    {SERVER, .make = call_over},
};

const struct message messages_ssdp[] = {
    {CLIENT, "M-SEARCH * HTTP/1.1" LINE "HOST: 239.255.255.250:1900" LINE
             "MAN: \"ssdp:discover\"" LINE "MX: 2" LINE "ST: upnp:rootdevice" LINE LINE},
};
