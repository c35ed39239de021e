/**
 * About the file.
 * @fileoverview It documents nothing below.
 */

import React, { useState as state, useEffect } from 'react';
import * as path from "node:path";
import './side.css';

export { default as Button, Link } from './button.js';
export * from './all.js';
export * as ns from './ns.js';

/** How many. */
export const LIMIT = 10, second = 'two';
export let counter = 0;
export var { left, right } = path;
const hidden = 1;

/** Adds. */
// A remark in between.
export function add(a, b = 1, ...rest) { return a + b; }

export async function* walk() { yield* add(1); }

/** Doubles. */
const double = async x => x * 2;
const half = function named(x) { return x / 2; }, third = 3;

const TABLE = {
  one: 1,
  two: 2,
};

const lazy = React.lazy(() => import('./lazy.js'));

/**
 * A stack.
 * @template T
 */
export default class Stack extends Base.Kind {
  static EMPTY = new Stack();
  static count = 0;
  /** What it holds. */
  items = [];
  #secret = 1;
  handle = (event) => this.go(event);

  constructor(size) {
    super();
    /** How large. */
    this.size = size;
    this.items = [];
  }

  /** @type {number} */
  static MAX = 1;
  /** Its length. */
  get length() { return this.items.length; }
  set length(value) {}
  static async create() { return new Stack(1); }
  *[Symbol.iterator]() {}
  #hide() {}
  'quoted name'() {}
  /** @protected */
  guarded() {}
}

const Named = class Inner extends Mixin(Base) {
  method() {}
};

wrap(class { lost() {} });

function View() {
  return <Card.Body title="x"><Item on={() => add(1)} /><div /></Card.Body>;
}

/** @internal */
export function inside() {}

export { double as twice, half, double };
