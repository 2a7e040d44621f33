// SPDX-License-Identifier: BSD-2-Clause
// serve PORT: sends everything back.  send ADDRESS PORT FROM TO: sends the file FROM, and has what comes back in TO.
'use strict';
const net = require('net');
const fs = require('fs');
const [what, ...args] = process.argv.slice(2);

function serve(port) {
	net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(Number(port), '::');
}

function send(host, port, from, to) {
	const socket = net.connect({ host, port: Number(port), allowHalfOpen: true });

	fs.createReadStream(from).pipe(socket);
	socket.pipe(fs.createWriteStream(to));
}

({ serve, send })[what](...args);
