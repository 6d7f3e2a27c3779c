// SPDX-License-Identifier: Apache-2.0
// QUIC version 1 (RFC 9000, 9001). Its first packets are encrypted with keys that everybody can
// derive of the client's first connection id, so that a dissector sees the hellos; what follows is
// as good as random. The client's own connection id is empty.
#include <nettle/aes.h>
#include <nettle/gcm.h>
#include <nettle/hkdf.h>
#include <nettle/hmac.h>
#include <stdlib.h>

#include "agent/generate/messages.h"
#include "agent/generate/octets.h"
#include "agent/generate/quic.h"
#include "agent/generate/tls.h"

enum { ID = 8, PACKET_NUMBER = 4, TAG = 16, KEY = 16, IV = 12, DATAGRAM = 1200, SERVER_MAX = 256 };

struct quic_hellos {
    struct hello {
        uint8_t client[DATAGRAM];
        uint8_t server[SERVER_MAX];
        uint16_t server_length; // 0: not made yet
        uint32_t id;
    } of[QUIC_HELLOS];
};

struct keys {
    uint8_t key[KEY];
    uint8_t iv[IV];
    uint8_t header[KEY];
};

// HKDF-Expand-Label of TLS 1.3 with an empty context.
static void expand(struct hmac_sha256_ctx *hmac, const char *label, size_t length, uint8_t *to)
{
    uint8_t info[32] = {0, (uint8_t)length, (uint8_t)(6 + strlen(label))};
    memcpy(info + 3, "tls13 ", 6);
    memcpy(info + 9, label, strlen(label));
    hkdf_expand(hmac, (nettle_hash_update_func *)hmac_sha256_update,
                (nettle_hash_digest_func *)hmac_sha256_digest, SHA256_DIGEST_SIZE,
                10 + strlen(label), info, length, to);
}

// By enum end.
static void keys_derive(const uint8_t *id, struct keys keys[2])
{
    static const uint8_t salt[] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
                                   0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
    struct hmac_sha256_ctx initial;
    uint8_t secret[SHA256_DIGEST_SIZE];
    hmac_sha256_set_key(&initial, sizeof(salt), salt);
    hkdf_extract(&initial, (nettle_hash_update_func *)hmac_sha256_update,
                 (nettle_hash_digest_func *)hmac_sha256_digest, SHA256_DIGEST_SIZE, ID, id, secret);
    hmac_sha256_set_key(&initial, sizeof(secret), secret);
    for (int from = CLIENT; from <= SERVER; from++) {
        struct hmac_sha256_ctx own;
        expand(&initial, from == CLIENT ? "client in" : "server in", sizeof(secret), secret);
        hmac_sha256_set_key(&own, sizeof(secret), secret);
        expand(&own, "quic key", KEY, keys[from].key);
        expand(&own, "quic iv", IV, keys[from].iv);
        expand(&own, "quic hp", KEY, keys[from].header);
    }
}

static void client_id(const struct making *making, uint8_t *to)
{
    octets_32(to, making->id * 2654435761U);
    octets_32(to + 4, making->id);
}

static void server_id(const struct making *making, uint8_t *to)
{
    octets_32(to, making->id * 2246822519U);
    octets_32(to + 4, ~making->id);
}

// Encrypts what stands behind a header of `header` octets, whose packet number is 0 and stands
// last.
static void protect(uint8_t *packet, unsigned header, unsigned payload, const struct keys *keys)
{
    struct gcm_aes128_ctx gcm;
    struct aes128_ctx aes;
    uint8_t mask[AES_BLOCK_SIZE];
    gcm_aes128_set_key(&gcm, keys->key);
    gcm_aes128_set_iv(&gcm, IV, keys->iv); // exclusive or the packet number: 0
    gcm_aes128_update(&gcm, header, packet);
    gcm_aes128_encrypt(&gcm, payload, packet + header, packet + header);
    gcm_aes128_digest(&gcm, TAG, packet + header + payload);
    aes128_set_encrypt_key(&aes, keys->header);
    aes128_encrypt(&aes, sizeof(mask), mask, packet + header); // the number is four octets
    packet[0] ^= mask[0] & 0x0f;
    for (unsigned i = 0; i < PACKET_NUMBER; i++) {
        packet[header - PACKET_NUMBER + i] ^= mask[1 + i];
    }
}

// First octet, version and connection ids: which of them depends on who sends.
static unsigned long_header(const struct making *making, uint8_t *to, uint8_t first, bool is_first)
{
    to[0] = first;
    octets_32(to + 1, 1);
    if (making->from == SERVER) {
        to[5] = 0;
        to[6] = ID;
        server_id(making, to + 7);
    } else {
        to[5] = ID;
        is_first ? client_id(making, to + 6) : server_id(making, to + 6);
        to[6 + ID] = 0;
    }
    return 7 + ID;
}

// An Initial packet around the hello; the client's fills its datagram.
static unsigned initial_make(const struct making *making, const struct keys *keys, uint8_t *to)
{
    bool is_server = making->from == SERVER;
    unsigned header = long_header(making, to, 0xc3, true) + 3 + PACKET_NUMBER;
    uint8_t *at = to + header;
    memset(to + header - PACKET_NUMBER, 0,
           (is_server ? (unsigned)SERVER_MAX : (unsigned)DATAGRAM) - header + PACKET_NUMBER);
    if (is_server) {
        static const uint8_t ack[] = {2, 0, 0, 0, 0};
        memcpy(at, ack, sizeof(ack));
        at += sizeof(ack);
    }
    unsigned length =
        is_server ? tls_server_hello(making, at + 4, true) : tls_client_hello(making, at + 4, true);
    at[0] = 6;
    at[1] = 0; // from the beginning
    octets_16(at + 2, (uint16_t)(0x4000 | length));
    unsigned end = is_server ? (unsigned)(at + 4 + length - to) : DATAGRAM - TAG;
    to[header - PACKET_NUMBER - 3] = 0; // no token
    octets_16(to + header - PACKET_NUMBER - 2,
              (uint16_t)(0x4000 | (end + TAG - header + PACKET_NUMBER)));
    protect(to, header, end - header, keys);
    return end + TAG;
}

static const struct hello *hello_of(const struct making *making)
{
    struct hello *hello = &making->hellos->of[making->id % QUIC_HELLOS];
    if (hello->server_length == 0 || hello->id != making->id) {
        struct draw draw; // its own, so that it does not matter who is first
        struct making own = {.draw = &draw, .id = making->id, .from = CLIENT};
        struct keys keys[2];
        uint8_t id[ID];
        client_id(&own, id);
        keys_derive(id, keys);
        draw_init(&draw, own.id);
        initial_make(&own, &keys[CLIENT], hello->client);
        own.from = SERVER;
        hello->server_length = (uint16_t)initial_make(&own, &keys[SERVER], hello->server);
        hello->id = making->id;
    }
    return hello;
}

// What of the handshake no other can read: a packet of so many octets.
static unsigned handshake_put(const struct making *making, uint8_t *to, unsigned bytes)
{
    unsigned header = long_header(making, to, 0xe3, false) + 2;
    octets_16(to + header - 2, (uint16_t)(0x4000 | (bytes - header)));
    tls_encrypted(making, to + header, bytes - header);
    return bytes;
}

// The server has the beginning of its handshake in the same datagram.
static unsigned initial(const struct making *making, uint8_t *to)
{
    const struct hello *hello = hello_of(making);
    if (making->from == CLIENT) {
        memcpy(to, hello->client, DATAGRAM);
    } else {
        memcpy(to, hello->server, hello->server_length);
        handshake_put(making, to + hello->server_length, DATAGRAM - hello->server_length);
    }
    return DATAGRAM;
}

static unsigned handshake(const struct making *making, uint8_t *to)
{
    return handshake_put(making, to, making->from == SERVER ? 917 : 97);
}

static unsigned request(const struct making *making, uint8_t *to)
{
    unsigned length = 40 + draw_below(making->draw, 100);
    to[0] = (uint8_t)(0x40 | (draw_bits(making->draw) & 0x1f));
    server_id(making, to + 1);
    tls_encrypted(making, to + 1 + ID, length);
    return 1 + ID + length;
}

struct quic_hellos *quic_hellos_create(void)
{
    return calloc(1, sizeof(struct quic_hellos));
}

void quic_hellos_free(struct quic_hellos *hellos)
{
    free(hellos);
}

const struct message messages_quic[] = {
    {CLIENT, .make = initial},   {SERVER, .make = initial}, {SERVER, .make = handshake},
    {CLIENT, .make = handshake}, {CLIENT, .make = request}, {SERVER, .bulk = BULK_QUIC},
};
