// SPDX-License-Identifier: Apache-2.0
// What a driver can do for XDP, asked of the kernel's family "netdev" of generic netlink. It is of
// kernel 6.3: older systems' headers do not have its numbers, and older kernels not the family.
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/capture/devices.h"

enum {
    NETDEV_VERSION = 1,
    NETDEV_DEVICE_GET = 1,
    NETDEV_INDEX = 1,
    NETDEV_XDP_FEATURES = 3,

    FEATURE_REDIRECT = 1 << 1,
    FEATURE_ZERO_COPY = 1 << 3,

    REPLY_BYTES = 8 << 10,
};

struct exchange {
    struct nlmsghdr header;
    struct genlmsghdr family;
    char attributes[REPLY_BYTES];
};

static void request_begin(struct exchange *exchange, uint16_t family, uint8_t command,
                          uint8_t version)
{
    exchange->header = (struct nlmsghdr){
        .nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN), .nlmsg_type = family, .nlmsg_flags = NLM_F_REQUEST};
    exchange->family = (struct genlmsghdr){.cmd = command, .version = version};
}

static void attribute_add(struct exchange *exchange, uint16_t type, const void *data, size_t size)
{
    struct nlattr attribute = {.nla_len = (uint16_t)(NLA_HDRLEN + size), .nla_type = type};
    memcpy(exchange->attributes, &attribute, sizeof(attribute));
    memcpy(exchange->attributes + NLA_HDRLEN, data, size);
    exchange->header.nlmsg_len += NLA_ALIGN(attribute.nla_len);
}

// Sends the request and receives the answer in its place; false where it is an error.
static bool exchange_do(int fd, struct exchange *exchange)
{
    uint16_t asked = exchange->header.nlmsg_type;
    if (send(fd, exchange, exchange->header.nlmsg_len, 0) < 0) {
        return false;
    }
    ssize_t bytes = recv(fd, exchange, sizeof(*exchange), MSG_DONTWAIT);
    return bytes >= (ssize_t)NLMSG_LENGTH(GENL_HDRLEN) && exchange->header.nlmsg_type == asked &&
           exchange->header.nlmsg_len <= (size_t)bytes;
}

// Copies an attribute of `size` octets out of the answer; false where there is none such.
static bool attribute_get(const struct exchange *exchange, uint16_t type, void *data, size_t size)
{
    size_t left = exchange->header.nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
    const char *at = exchange->attributes;
    struct nlattr attribute;
    while (left >= sizeof(attribute)) {
        memcpy(&attribute, at, sizeof(attribute));
        if (attribute.nla_len < NLA_HDRLEN || attribute.nla_len > left) {
            return false;
        }
        if ((attribute.nla_type & NLA_TYPE_MASK) == type &&
            attribute.nla_len == NLA_HDRLEN + size) {
            memcpy(data, at + NLA_HDRLEN, size);
            return true;
        }
        size_t step = NLA_ALIGN(attribute.nla_len);
        step = step < left ? step : left;
        at += step;
        left -= step;
    }
    return false;
}

static bool features_ask(unsigned index, uint64_t *features)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
    struct exchange exchange;
    uint16_t family;
    request_begin(&exchange, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
    attribute_add(&exchange, CTRL_ATTR_FAMILY_NAME, "netdev", sizeof("netdev"));
    bool done = fd >= 0 && exchange_do(fd, &exchange) &&
                attribute_get(&exchange, CTRL_ATTR_FAMILY_ID, &family, sizeof(family));
    if (done) {
        uint32_t number = index;
        request_begin(&exchange, family, NETDEV_DEVICE_GET, NETDEV_VERSION);
        attribute_add(&exchange, NETDEV_INDEX, &number, sizeof(number));
        done = exchange_do(fd, &exchange) &&
               attribute_get(&exchange, NETDEV_XDP_FEATURES, features, sizeof(*features));
    }
    if (fd >= 0) {
        close(fd);
    }
    return done;
}

// As of kernel 6.1.
static enum device_xdp driver_xdp(const char *driver)
{
    static const struct {
        const char *driver;
        enum device_xdp xdp;
    } drivers[] = {
        {"ena", DEVICE_XDP_NATIVE},          {"bnxt_en", DEVICE_XDP_NATIVE},
        {"hv_netvsc", DEVICE_XDP_NATIVE},    {"i40e", DEVICE_XDP_ZERO_COPY},
        {"ice", DEVICE_XDP_ZERO_COPY},       {"igb", DEVICE_XDP_NATIVE},
        {"igc", DEVICE_XDP_ZERO_COPY},       {"ixgbe", DEVICE_XDP_ZERO_COPY},
        {"ixgbevf", DEVICE_XDP_NATIVE},      {"mlx4_en", DEVICE_XDP_NATIVE},
        {"mlx5_core", DEVICE_XDP_ZERO_COPY}, {"nfp", DEVICE_XDP_NATIVE},
        {"qede", DEVICE_XDP_NATIVE},         {"sfc", DEVICE_XDP_NATIVE},
        {"tun", DEVICE_XDP_NATIVE},          {"veth", DEVICE_XDP_NATIVE},
        {"virtio_net", DEVICE_XDP_NATIVE},
    };
    for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
        if (strcmp(drivers[i].driver, driver) == 0) {
            return drivers[i].xdp;
        }
    }
    return DEVICE_XDP_GENERIC;
}

enum device_xdp devices_xdp(unsigned index, const char *driver)
{
    uint64_t features;
    if (!features_ask(index, &features)) {
        return driver_xdp(driver);
    }
    if ((features & FEATURE_REDIRECT) == 0) {
        return DEVICE_XDP_GENERIC;
    }
    return (features & FEATURE_ZERO_COPY) != 0 ? DEVICE_XDP_ZERO_COPY : DEVICE_XDP_NATIVE;
}
