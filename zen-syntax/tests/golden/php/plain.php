<?php
/**
 * Adds.
 */
function add(int $a, int $b): int { return $a + $b; }

class Broken {
    public function ok() {}
    public function bad( {
}
