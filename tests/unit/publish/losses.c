// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/publish/losses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

const struct pane_loss losses_made = {
    .late = 101,
    .capture_drops = 102,
    .parse_rejects = 103,
    .evicted = 104,
    .hosts_overflow = 105,
    .shed = 106,
    .activity_shed = 107,
};

void losses_assert(const struct record_loss *loss)
{
    assert_int_equal(loss->late, 101);
    assert_int_equal(loss->capture_drops, 102);
    assert_int_equal(loss->parse_rejects, 103);
    assert_int_equal(loss->evicted, 104);
    assert_int_equal(loss->hosts_overflow, 105);
    assert_int_equal(loss->shed, 106);
    assert_int_equal(loss->activity_shed, 107);
}
