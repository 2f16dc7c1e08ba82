// node build.mjs OUTDIR PLATFORM-ARCH=PROGRAM...
// Makes the npm packages: `apkkey`, which starts the program, and one per platform that holds it, such as
// apkkey-linux-x64. Nothing is downloaded when they are installed, and no script runs.
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'];

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const version = /^version = "(.*)"/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))[1];
const [out, ...programs] = process.argv.slice(2);
if (!out || programs.length === 0) {
  console.error('usage: node build.mjs OUTDIR PLATFORM-ARCH=PROGRAM...');
  process.exit(2);
}

const main = JSON.parse(readFileSync(join(here, 'apkkey', 'package.json'), 'utf8'));
const write = (folder, manifest) => writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);

const optionalDependencies = {};
for (const given of programs) {
  const [platform, program] = given.split('=');
  if (!PLATFORMS.includes(platform) || !program) {
    console.error(`error: ${given}: the platforms are ${PLATFORMS.join(', ')}`);
    process.exit(2);
  }
  const [os, cpu] = platform.split('-');
  const name = `apkkey-${platform}`;
  const folder = join(out, name);
  const file = os === 'win32' ? 'apkkey.exe' : 'apkkey';
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'bin'), { recursive: true });
  copyFileSync(program, join(folder, 'bin', file));
  chmodSync(join(folder, 'bin', file), 0o755);
  for (const licence of ['LICENSE-MIT', 'LICENSE-APACHE']) copyFileSync(join(root, licence), join(folder, licence));
  writeFileSync(join(folder, 'README.md'), `The program of [apkkey](https://www.npmjs.com/package/apkkey) for ${platform}.\n`);
  const { description, license } = main;
  write(folder, { name, version, description, license, os: [os], cpu: [cpu], files: [`bin/${basename(file)}`], preferUnplugged: true });
  optionalDependencies[name] = version;
}

const folder = join(out, 'apkkey');
rmSync(folder, { recursive: true, force: true });
cpSync(join(here, 'apkkey'), folder, { recursive: true });
for (const file of ['README.md', 'LICENSE-MIT', 'LICENSE-APACHE']) copyFileSync(join(root, file), join(folder, file));
write(folder, { ...main, version, optionalDependencies });
