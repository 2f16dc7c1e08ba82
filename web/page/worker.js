
"use strict";
// Holds the module and the files. Reads of the module end here: a part of a file at a time, never all of it.
const BLOCK = 1 << 20;
const KEPT = 8;
const reader = new FileReaderSync();
const files = new Map();
let blocks = new Map();
let memory, calls;
let reading = null;

const part = (file, start, end) => new Uint8Array(reader.readAsArrayBuffer(file.slice(start, end)));

// the block of a file, of those that were read last
function block(number, index) {
  const name = `${number}/${index}`;
  let found = blocks.get(name);
  if (found) blocks.delete(name);
  else found = part(files.get(number), index * BLOCK, (index + 1) * BLOCK);
  blocks.set(name, found);
  if (blocks.size > KEPT) blocks.delete(blocks.keys().next().value);
  return found;
}

function readAt(number, offset, target, length) {
  try {
    number >>>= 0;
    target >>>= 0;
    const into = new Uint8Array(memory.buffer, target, length >>> 0);
    if (into.length >= BLOCK) {
      const bytes = part(files.get(number), offset, offset + into.length);
      // a file that has become shorter
      if (bytes.length !== into.length) return 1;
      into.set(bytes);
    } else {
      for (let done = 0; done < into.length; ) {
        const index = Math.floor((offset + done) / BLOCK);
        const from = offset + done - index * BLOCK;
        const bytes = block(number, index).subarray(from, from + into.length - done);
        if (bytes.length === 0) return 1;
        into.set(bytes, done);
        done += bytes.length;
      }
    }
    told(number, offset + into.length);
    return 0;
  } catch {
    return 1;
  }
}

// how far the file is, ten times a second at most
function told(number, end) {
  if (!reading) return;
  reading.end = Math.max(reading.end, end);
  const now = performance.now();
  if (now - reading.last < 100) return;
  reading.last = now;
  postMessage({ id: reading.id, progress: reading.end / files.get(number).size });
}

async function start(packed) {
  const text = atob(packed);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  // compiled while it is unpacked
  const response = new Response(stream, { headers: { "content-type": "application/wasm" } });
  const { instance } = await WebAssembly.instantiateStreaming(response, { page: { read_at: readAt } });
  calls = instance.exports;
  memory = calls.memory;
}

function ask(question) {
  const bytes = new TextEncoder().encode(JSON.stringify(question));
  const place = calls.reserve(bytes.length) >>> 0;
  new Uint8Array(memory.buffer, place, bytes.length).set(bytes);
  const answer = calls.ask() >>> 0;
  const length = new DataView(memory.buffer).getUint32(answer, true);
  return JSON.parse(new TextDecoder().decode(new Uint8Array(memory.buffer, answer + 4, length)));
}

let ready;
onmessage = async ({ data }) => {
  if (data.module) {
    ready = start(data.module);
    return;
  }
  try {
    await ready;
    if (data.file) files.set(data.question.file, data.file);
    reading = { id: data.id, end: 0, last: performance.now() };
    postMessage({ id: data.id, answer: ask(data.question) });
    if (data.question.ask === "remove") {
      files.delete(data.question.file);
      blocks = new Map();
    }
  } catch (error) {
    postMessage({ id: data.id, stopped: String(error) });
  } finally {
    reading = null;
  }
};
