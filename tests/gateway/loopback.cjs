// Loaded before the gateway, which has no option for either of these.
"use strict";

const net = require("node:net");

// It would bind every interface; this one is for the tests of this machine alone.
const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (port, _host, ...rest) {
  this.once("listening", () => {
    const { address, port: bound } = this.address();
    console.log(`listening on ${address}:${bound}`);
  });
  return listen.call(this, port, "127.0.0.1", ...rest);
};

// Its standard input is a pipe from the tests: it ends with them, however they end.
process.stdin.on("end", () => process.exit()).resume();
