#!/usr/bin/env node
// Starts the program out of the package for this platform, which npm chose by its `os` and `cpu`.
'use strict';

const { spawnSync } = require('node:child_process');

const name = `apkkey-${process.platform}-${process.arch}`;
const file = process.platform === 'win32' ? 'apkkey.exe' : 'apkkey';

function program() {
  try {
    return require.resolve(`${name}/bin/${file}`);
  } catch {
    console.error(`error: there is no package ${name}`);
    console.error('  help: install without --omit=optional; on another platform build it with Rust, as docs/install.md says');
    process.exit(2);
  }
}

const ended = spawnSync(program(), process.argv.slice(2), { stdio: 'inherit' });
if (ended.error) {
  console.error(`error: ${ended.error.message}`);
  process.exit(2);
}
if (ended.signal) {
  process.kill(process.pid, ended.signal);
}
process.exit(ended.status === null ? 2 : ended.status);
