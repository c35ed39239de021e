/**
 * Stores of all kinds.
 *
 * @since 1.0
 */
@NonNullApi
package com.example.store;
