// SPDX-License-Identifier: Apache-2.0
#include "dataplane/base/hash.h"

#include <sys/random.h>

void hash_secret_draw(struct hash_secret *secret)
{
    // Up to 256 octets are never interrupted or cut (getrandom(2)).
    while (getrandom(secret, sizeof(*secret), 0) != sizeof(*secret)) {
    }
}
