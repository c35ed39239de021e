#!/usr/bin/env node
/*!
 * Layers, MIT licensed.
 */

'use strict';

/**
 * Module dependencies.
 * @private
 */

var debug = require('debug')('layer');
var EventEmitter = require('events').EventEmitter;
const { parse, format } = require('url');

/**
 * Expose `createApplication()`.
 */

exports = module.exports = createApplication;

/**
 * Create an application.
 *
 * @param {string} name - What it is called
 * @param {{deep: boolean}} [options={}] Options,
 *   on two lines
 * @param {number=} count
 * @return {Function} the app
 * @throws {TypeError} If not.
 * @example
 * createApplication('a');
 *
 * createApplication('b');
 * @api public
 */

function createApplication(name, options = {}, ...rest) {
  function local() { return parse(name); }
  var app = function (req) { app.handle(req); };
  exports.inner = local;
  return new EventEmitter().on('x', app);
}

// Only a comment.
function plain({ a, b: [c] }, d) {}

/** Layers. */
function Layer(path) {
  this.path = path;
}

/**
 * Matches.
 * @private
 */
Layer.prototype.match = function match(path) {
  return debug(path);
};

Layer.prototype = {
  /** Ends it. */
  end: function () {},
  start() {},
  name: 'x',
};

var app = exports.application = {};

/**
 * Uses it.
 *
 * @returns {app}
 */

app.use = function use(fn) {
  return this.lazy(fn).go();
};

app.get = app.all = async (path) => path;
app.version = '1';
app.deep.set = function* (x) { yield x; };

exports.json = parser.json;
exports.Layer = Layer;
exports.static = require('serve-static');
exports.format = format;
exports.VERSION = '1.0';
exports.later = void 0;
exports.run = function run(x) {};
module.exports.Router = class Router extends Base {
  go() {}
};
window.boot = function () {};

if (require.main === module) {
  plain();
}
