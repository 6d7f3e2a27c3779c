// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/interface.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// One interface's description has some 2 KiB.
enum { REPLY_BYTES = 16 << 10, NAMES_SHOWN = 8 };

// Whether the two differ in one place of at most two letters: mistyped, left out, too many,
// swapped.
static bool looks_like(const char *word, const char *name)
{
    size_t word_length = strlen(word);
    size_t name_length = strlen(name);
    size_t front = 0;
    while (word[front] != '\0' && word[front] == name[front]) {
        front++;
    }
    size_t back = 0;
    while (back < word_length - front && back < name_length - front &&
           word[word_length - 1 - back] == name[name_length - 1 - back]) {
        back++;
    }
    size_t same = front + back;
    return same > 0 && word_length - same <= 2 && name_length - same <= 2;
}

static int none_such(const char *name, struct error *err)
{
    char names[NAMES_SHOWN * (IF_NAMESIZE + 2)] = "";
    char meant[IF_NAMESIZE + 32] = "";
    struct if_nameindex *all = if_nameindex();
    unsigned count = 0;
    for (; all != NULL && all[count].if_index != 0; count++) {
        size_t used = strlen(names);
        if (count < NAMES_SHOWN) {
            snprintf(names + used, sizeof(names) - used, "%s%s", used > 0 ? ", " : "",
                     all[count].if_name);
        }
        if (meant[0] == '\0' && looks_like(name, all[count].if_name)) {
            snprintf(meant, sizeof(meant), " (did you mean %s?)", all[count].if_name);
        }
    }
    if (all != NULL) {
        if_freenameindex(all);
    }
    return error_set(err, -ENODEV, "no interface is called %s%s; there are: %s%s", name, meant,
                     count > 0 ? names : "none", count > NAMES_SHOWN ? " ..." : "");
}

int interface_open(struct interface *interface, const char *name, struct error *err)
{
    if (name[0] == '\0' || strlen(name) >= IF_NAMESIZE) {
        return error_set(err, -EINVAL, "\"%s\" is no name of an interface; expected 1 to %d octets",
                         name, IF_NAMESIZE - 1);
    }
    unsigned index = if_nametoindex(name);
    if (index == 0) {
        return none_such(name, err);
    }
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int control = netlink < 0 ? -1 : socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (control < 0) {
        int code = -errno;
        if (netlink >= 0) {
            close(netlink);
        }
        return error_set(err, code, "cannot ask the kernel about %s: %s", name, strerror(-code));
    }
    *interface = (struct interface){.index = index, .netlink = netlink, .control = control};
    strcpy(interface->name, name);
    return 0;
}

int interface_differs(const struct interface *interface, const struct interface *other,
                      struct error *err)
{
    if (interface->index != other->index) {
        return 0;
    }
    bool same_name = strcmp(interface->name, other->name) == 0;
    return error_set(err, -EINVAL, "capture.interface names %s twice%s%s", other->name,
                     same_name ? "" : ", also as ", same_name ? "" : interface->name);
}

void interface_close(struct interface *interface)
{
    close(interface->netlink);
    close(interface->control);
}

static void text_copy(char *to, size_t size, const struct rtattr *attribute)
{
    snprintf(to, size, "%.*s", (int)RTA_PAYLOAD(attribute), (const char *)RTA_DATA(attribute));
}

static void attribute_read(struct interface_link *link, const struct rtattr *attribute)
{
    struct rtnl_link_stats64 stats = {0};
    switch (attribute->rta_type) {
    case IFLA_IFNAME:
        text_copy(link->name, sizeof(link->name), attribute);
        break;
    case IFLA_MTU:
        memcpy(&link->mtu, RTA_DATA(attribute), sizeof(link->mtu));
        break;
    case IFLA_STATS64: // of any age: shorter or longer than ours, and aligned to four octets
        memcpy(&stats, RTA_DATA(attribute),
               RTA_PAYLOAD(attribute) < sizeof(stats) ? RTA_PAYLOAD(attribute) : sizeof(stats));
        link->rx_missed = stats.rx_missed_errors;
        break;
    case IFLA_PARENT_DEV_NAME:
        text_copy(link->device, sizeof(link->device), attribute);
        break;
    case IFLA_PARENT_DEV_BUS_NAME:
        text_copy(link->bus, sizeof(link->bus), attribute);
        break;
    default:
        break;
    }
}

static int reply_read(struct interface_link *link, const struct nlmsghdr *reply)
{
    if (reply->nlmsg_type == NLMSG_ERROR) {
        const struct nlmsgerr *error = NLMSG_DATA(reply);
        return error->error != 0 ? error->error : -EPROTO;
    }
    if (reply->nlmsg_type != RTM_NEWLINK) {
        return -EPROTO;
    }
    const struct ifinfomsg *info = NLMSG_DATA(reply);
    *link = (struct interface_link){
        .up = (info->ifi_flags & IFF_UP) != 0,
        .carrier = (info->ifi_flags & IFF_UP) != 0 && (info->ifi_flags & IFF_RUNNING) != 0,
        .hatype = info->ifi_type,
    };
    const struct rtattr *at = IFLA_RTA(info);
    for (int left = (int)IFLA_PAYLOAD(reply); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
        attribute_read(link, at);
    }
    return 0;
}

int interface_link_read(const struct interface *interface, struct interface_link *link)
{
    struct {
        struct nlmsghdr header;
        struct ifinfomsg info;
    } request = {
        .header = {.nlmsg_len = sizeof(request),
                   .nlmsg_type = RTM_GETLINK,
                   .nlmsg_flags = NLM_F_REQUEST},
        .info = {.ifi_index = (int)interface->index},
    };
    union {
        struct nlmsghdr header;
        char octets[REPLY_BYTES];
    } reply;
    if (send(interface->netlink, &request, sizeof(request), MSG_DONTWAIT) < 0) {
        return -errno;
    }
    // The kernel has answered by the time send returns.
    ssize_t bytes = recv(interface->netlink, &reply, sizeof(reply), MSG_DONTWAIT | MSG_TRUNC);
    if (bytes < 0) {
        return -errno;
    }
    if (bytes > (ssize_t)sizeof(reply) || !NLMSG_OK(&reply.header, (unsigned)bytes)) {
        return -EMSGSIZE;
    }
    return reply_read(link, &reply.header);
}

enum link_type interface_link_type(const struct interface_link *link)
{
    static const struct {
        unsigned hatype;
        enum link_type link_type;
    } types[] = {
        {ARPHRD_ETHER, LINK_ETHERNET},   {ARPHRD_LOOPBACK, LINK_ETHERNET},
        {ARPHRD_NONE, LINK_RAW_IP},      {ARPHRD_RAWIP, LINK_RAW_IP},
        {ARPHRD_TUNNEL, LINK_RAW_IP},    {ARPHRD_TUNNEL6, LINK_RAW_IP},
        {ARPHRD_SIT, LINK_RAW_IP},       {ARPHRD_IPGRE, LINK_RAW_IP},
        {ARPHRD_IP6GRE, LINK_RAW_IP},    {ARPHRD_PPP, LINK_PPP},
        {ARPHRD_CISCO, LINK_CISCO_HDLC},
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (types[i].hatype == link->hatype) {
            return types[i].link_type;
        }
    }
    return LINK_UNSUPPORTED;
}
