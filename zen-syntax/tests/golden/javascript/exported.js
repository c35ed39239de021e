const helper = require('./helper');

function shared() {}
const twice = (x) => x * 2;
const secret = 1;

module.exports = {
  shared,
  double: twice,
  /** Written here. */
  here(a) {},
  async there(b) {},
  arrow: async (x) => x,
  other: helper.other,
};
