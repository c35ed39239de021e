// SPDX-License-Identifier: MIT

#include "shapes.h"
#include <stdlib.h>

#define LOG(fmt, ...) \
    fprintf(stderr, fmt, __VA_ARGS__)

/* Used below. */
static int helper(int a);

static const double PI = 3.14;
const int limits[2] = { 1, 2 };
static size_t counter;
_Thread_local int per_thread = 1;

/** Declared first. */
int shape_add(shape_t **list, const shape_t *shape);

int shape_add(shape_t **list, const shape_t *shape)
{
    struct local { int a; } it;
    int inner = helper(1);
    extern int elsewhere(void);
    LOG("%d", inner);
    list[0]->area(shape, 2.0);
    (*shape_compare)(list, &it);
    return SHAPES_LARGER(inner, 2);
}

static int helper(int a) { return a + 1; }

/// Old style.
int old(a, b)
    int a;
    char *b;
{
    return a;
}

char *(*table(void))[3] { return NULL; }

static struct config {
    int level;
} config = { .level = 1 }, *config_ptr;

DEFINE_LIST(shape_list, shape_t)

EXPORT_SYMBOL(shape_add);

MY_API struct shape *shape_new(void) { return malloc(sizeof(struct shape)); }

MY_API int MY_CALL shape_drop(int a)
{
    return a;
}

int main(int argc, char **argv)
{
    return shape_add(NULL, NULL);
}
