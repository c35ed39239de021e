/*
 * Copyright (c) the authors.
 */
#ifndef SHAPES_H
#define SHAPES_H

/** @file
 * Shapes and what can be done with them.
 */

#include <stddef.h>
#include "base/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The largest number of shapes.
#define SHAPES_MAX 64
#define SHAPES_API __attribute__((visibility("default")))
#define SHAPES_EMPTY

/**
 * Larger of two.
 * @param a one
 * @param b the other
 */
#define SHAPES_LARGER(a, b) ((a) > (b) ? (a) : (b))

/// A point.
typedef struct {
    double x;        ///< To the right.
    double y, *next; /**< Upwards. */
    unsigned flags : 4;
} point_t;

/* An opaque one. */
typedef struct shape shape_t;

struct forward;

/** A shape. */
struct shape {
    //! Its name.
    const char *name;
    size_t corners[SHAPES_MAX];
    int (*area)(const struct shape *self, double scale);
    struct {
        int inner;
    } part;
    union { int i; float f; };
    enum shape_kind kind;
};

/** Kinds of shapes. */
enum shape_kind {
    SHAPE_CIRCLE, ///< Round.
    SHAPE_SQUARE = 4, /*!< Not round. */
    /** Anything else. */
    SHAPE_OTHER = SHAPE_SQUARE << 1,
};

enum { ANONYMOUS_A = 1, ANONYMOUS_B };

/// Either.
typedef union value {
    int i;
    float f;
} value_t, *value_ptr;

/// How two are compared.
typedef int (*compare_fn)(const void *, const void *);
typedef unsigned long long big_t, bigs_t[4];
typedef void handler_t(int signal);

/**
 * Adds a shape.
 *
 * More of it.
 *
 * @param[in] list  where to
 * @param shape     what to add,
 *                  on two lines
 * @return how many there are
 * @retval -1 if there is no room
 * @note not thread safe
 * @see shape_remove
 */
SHAPES_API int shape_add(shape_t **list, const shape_t *shape);

/*! \brief Removes one.
 *  \param list from where
 *  \returns nothing of use
 *  \deprecated use shape_drop
 */
__attribute__((deprecated, nonnull(1))) extern void *shape_remove(struct shape *list, ...);

[[nodiscard]] int (shape_count)(const shape_t *list);

void (*shape_handler(int signal, void (*handler)(int)))(int);

/// The default comparison.
extern compare_fn shape_compare;
extern const char *const shape_names[];
int shape_a, *shape_b;

static inline int shape_is_round(const shape_t *shape)
{
    return shape->kind == SHAPE_CIRCLE;
}

#if defined(_WIN32)
int shape_platform(void);
#else
int shape_platform(int);
#endif

_Noreturn void shape_fail(const char *restrict why);

#ifdef __cplusplus
}
#endif

#endif /* SHAPES_H */
