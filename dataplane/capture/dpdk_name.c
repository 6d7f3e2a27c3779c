// SPDX-License-Identifier: Apache-2.0
// Devices as the operator names them.
#include <ctype.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/capture/dpdk.h"

#define PCI_DEVICES "/sys/bus/pci/devices/"

// Kernel drivers that hand a device to DPDK: whole, or beside the kernel's own use of it.
static const char *const kernel_drivers[] = {
    "vfio-pci", "uio_pci_generic", "igb_uio", "mlx4_core", "mlx5_core", "mana", "gve", NULL,
};

// [DDDD:]BB:DD.F, in lower-case hexadecimals and with a domain, as sysfs has it.
static bool pci_parse(const char *name, char path[PATH_MAX])
{
    unsigned domain = 0;
    unsigned bus;
    unsigned slot;
    unsigned function;
    char address[DPDK_NAME_BYTES];
    snprintf(address, sizeof(address), "%.*s", (int)strcspn(name, ","), name);
    int end = 0;
    bool whole = sscanf(address, "%4x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function, &end) == 4;
    if (!whole) {
        domain = 0;
        whole = sscanf(address, "%2x:%2x.%1x%n", &bus, &slot, &function, &end) == 3;
    }
    if (!whole || address[end] != '\0' || slot > 31 || function > 7) {
        return false;
    }
    snprintf(path, PATH_MAX, PCI_DEVICES "%04x:%02x:%02x.%u", domain, bus, slot, function);
    return true;
}

bool dpdk_name_is_pci(const char *name)
{
    return isxdigit((unsigned char)name[0]) && name[strspn(name, "0123456789abcdefABCDEF")] == ':';
}

int dpdk_pci_check(const char *name, struct error *err)
{
    char path[PATH_MAX];
    if (!pci_parse(name, path)) {
        return error_set(err, -EINVAL,
                         "%s is no PCI address; expected one as 0000:03:00.0 (weir devices lists "
                         "them)",
                         name);
    }
    if (access(path, F_OK) != 0) {
        return error_set(err, -ENODEV, "there is no PCI device %s (weir devices lists them)",
                         path + strlen(PCI_DEVICES));
    }
    strcat(path, "/driver");
    char link[PATH_MAX];
    ssize_t length = readlink(path, link, sizeof(link) - 1);
    link[length > 0 ? length : 0] = '\0';
    const char *driver = length > 0 ? basename(link) : "no driver";
    for (size_t i = 0; kernel_drivers[i] != NULL; i++) {
        if (strcmp(driver, kernel_drivers[i]) == 0) {
            return 0;
        }
    }
    return error_set(err, -EBUSY,
                     "PCI device %s is bound to %s; expected a driver that gives it to DPDK: "
                     "dpdk-devbind.py --bind=vfio-pci %s (which takes it from the kernel)",
                     name, driver, name);
}

bool dpdk_argument(const char *name, const char *key, char *value, size_t bytes)
{
    size_t key_length = strlen(key);
    for (const char *at = strchr(name, ','); at != NULL; at = strchr(at, ',')) {
        at++;
        if (strncmp(at, key, key_length) == 0 && at[key_length] == '=') {
            const char *begin = at + key_length + 1;
            snprintf(value, bytes, "%.*s", (int)strcspn(begin, ","), begin);
            return true;
        }
    }
    return false;
}
