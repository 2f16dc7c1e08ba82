//! The calls between the worker and the module: a pointer and a length each way, no generated code.
//!
//! The worker reserves memory, writes a question (JSON), calls [`ask`], and reads the answer: a length in 4 bytes, little
//! endian, and as many bytes of JSON. Nothing else of this crate is `unsafe`.

#![expect(unsafe_code, reason = "memory that is shared with the page's worker has no other form")]

use crate::Session;
use apkkey::source::{ReadAt, SourceError};
use std::cell::RefCell;
use zeroize::Zeroizing;

#[cfg(target_arch = "wasm32")]
#[link(wasm_import_module = "page")]
unsafe extern "C" {
    /// Reads a part of a file into memory; 0 when all of it was there.
    fn read_at(file: u32, offset: f64, target: *mut u8, length: usize) -> u32;
}

thread_local! {
    static SESSION: RefCell<Session> = RefCell::default();
    /// Memory that belongs to the worker until it says otherwise: what it writes into, and the last answer.
    static BUFFERS: RefCell<(Zeroizing<Vec<u8>>, Vec<u8>)> = RefCell::default();
}

/// Reserves memory for a question.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(length: usize) -> *mut u8 {
    BUFFERS.with_borrow_mut(|(question, _)| {
        *question = Zeroizing::new(vec![0; length]);
        question.as_mut_ptr()
    })
}

/// Answers the question that was written, and forgets it: it may have held a password.
#[unsafe(no_mangle)]
pub extern "C" fn ask() -> *const u8 {
    let question = BUFFERS.with_borrow_mut(|(question, _)| std::mem::take(question));
    let answer = SESSION.with_borrow_mut(|session| session.ask(&question));
    BUFFERS.with_borrow_mut(|(_, buffer)| {
        let length = u32::try_from(answer.len()).unwrap_or(u32::MAX);
        buffer.clear();
        buffer.extend_from_slice(&length.to_le_bytes());
        buffer.extend_from_slice(answer.as_bytes());
        buffer.as_ptr()
    })
}

/// A file that the worker holds.
#[derive(Debug, Clone, Copy)]
pub struct PageFile {
    /// Its number in the worker.
    pub number: u32,
    /// Bytes.
    pub size: u64,
}

impl ReadAt for PageFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<(), SourceError> {
        let length = u64::try_from(buffer.len()).unwrap_or(u64::MAX);
        if offset.checked_add(length).is_none_or(|end| end > self.size) {
            return Err(SourceError::Beyond { range: offset..offset.saturating_add(length), size: self.size });
        }
        match read(self.number, offset, buffer) {
            true => Ok(()),
            false => Err(SourceError::Io(std::io::Error::other("the browser cannot read the file"))),
        }
    }
}

#[cfg(target_arch = "wasm32")]
fn read(file: u32, offset: u64, buffer: &mut [u8]) -> bool {
    // a file has fewer bytes than 2^53, up to which JavaScript's numbers are exact
    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "exact up to 2^53")]
    let offset = offset as f64;
    // SAFETY: the worker writes at most `length` bytes at `target`, which `buffer` holds for the time of the call
    unsafe { read_at(file, offset, buffer.as_mut_ptr(), buffer.len()) == 0 }
}

/// Elsewhere there is no worker.
#[cfg(not(target_arch = "wasm32"))]
fn read(_: u32, _: u64, _: &mut [u8]) -> bool {
    false
}
