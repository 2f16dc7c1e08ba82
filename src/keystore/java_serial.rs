//! Walks over one object of a Java serialization (Java Object Serialization Specification, chapter 6), to find where it
//! ends: JCEKS stores a secret key as a serialized `SealedObject` without its length.

use crate::bytes::Reader;
use crate::keystore::fault::Fault;
use crate::limits::{JAVA_OBJECT_DEPTH, KEYSTORE_ENTRIES};

/// Type codes (6.4.2).
mod code {
    pub(super) const NULL: u8 = 0x70;
    pub(super) const REFERENCE: u8 = 0x71;
    pub(super) const CLASS_DESC: u8 = 0x72;
    pub(super) const OBJECT: u8 = 0x73;
    pub(super) const STRING: u8 = 0x74;
    pub(super) const ARRAY: u8 = 0x75;
    pub(super) const CLASS: u8 = 0x76;
    pub(super) const BLOCK_DATA: u8 = 0x77;
    pub(super) const END_BLOCK_DATA: u8 = 0x78;
    pub(super) const BLOCK_DATA_LONG: u8 = 0x7a;
    pub(super) const LONG_STRING: u8 = 0x7c;
    pub(super) const ENUM: u8 = 0x7e;
}

/// Stream magic and version (6.4.2).
const MAGIC: [u8; 4] = [0xac, 0xed, 0, 5];
/// The number of the first handle (6.4.2).
const FIRST_HANDLE: u32 = 0x7e_0000;
/// `SC_WRITE_METHOD`: the class wrote data of its own behind its fields.
const WRITE_METHOD: u8 = 1;
/// `SC_EXTERNALIZABLE`.
const EXTERNALIZABLE: u8 = 4;
/// `SC_BLOCK_DATA`: data of an externalizable class are in blocks.
const IN_BLOCKS: u8 = 8;

/// What a handle may name, as far as walking needs it.
#[derive(Clone)]
enum Named {
    Class(ClassDesc),
    Other,
}

#[derive(Clone)]
struct ClassDesc {
    name: Vec<u8>,
    flags: u8,
    /// The type of each field: a primitive's letter, or `L` and `[` for objects.
    fields: Vec<u8>,
    /// Index of the superclass's handle.
    parent: Option<usize>,
}

struct Walk<'r, 'a> {
    reader: &'r mut Reader<'a>,
    handles: Vec<Named>,
}

/// Takes one serialized object.
pub(super) fn skip(reader: &mut Reader<'_>) -> Result<(), Fault> {
    if reader.array("serialization header")? != MAGIC {
        return Err(Fault::malformed("a sealed key that is no Java serialization"));
    }
    Walk { reader, handles: Vec::new() }.value(0)
}

impl Walk<'_, '_> {
    fn value(&mut self, depth: u8) -> Result<(), Fault> {
        let code = self.reader.u8("type code")?;
        self.value_of(code, depth)
    }

    fn value_of(&mut self, code: u8, depth: u8) -> Result<(), Fault> {
        if depth > JAVA_OBJECT_DEPTH {
            return Err(Fault::malformed("a sealed key of too many levels"));
        }
        let below = depth.saturating_add(1);
        match code {
            code::NULL => Ok(()),
            code::REFERENCE => self.reference().map(drop),
            code::STRING => {
                let length = self.reader.u16_be("string length")?;
                self.reader.take(usize::from(length), "string")?;
                self.name(Named::Other).map(drop)
            }
            code::LONG_STRING => {
                let length = self.reader.u64_be("string length")?;
                self.reader.take(usize::try_from(length).unwrap_or(usize::MAX), "string")?;
                self.name(Named::Other).map(drop)
            }
            code::CLASS => {
                self.class(below)?;
                self.name(Named::Other).map(drop)
            }
            code::OBJECT => self.object(below),
            code::ARRAY => self.array(below),
            code::ENUM => {
                self.class(below)?;
                self.name(Named::Other)?;
                self.value(below)
            }
            code::CLASS_DESC => self.class_of(code, below).map(drop),
            _ => Err(Fault::malformed("a sealed key with an unknown type code")),
        }
    }

    fn name(&mut self, named: Named) -> Result<usize, Fault> {
        if self.handles.len() >= KEYSTORE_ENTRIES {
            return Err(Fault::malformed("a sealed key of too many objects"));
        }
        self.handles.push(named);
        Ok(self.handles.len().saturating_sub(1))
    }

    fn reference(&mut self) -> Result<usize, Fault> {
        let handle = self.reader.u32_be("handle")?.wrapping_sub(FIRST_HANDLE);
        let index = usize::try_from(handle).unwrap_or(usize::MAX);
        if index < self.handles.len() { Ok(index) } else { Err(Fault::malformed("a reference to no object")) }
    }

    /// A class description; `None` for null.
    fn class(&mut self, depth: u8) -> Result<Option<usize>, Fault> {
        let code = self.reader.u8("class description")?;
        self.class_of(code, depth)
    }

    fn class_of(&mut self, code: u8, depth: u8) -> Result<Option<usize>, Fault> {
        if depth > JAVA_OBJECT_DEPTH {
            return Err(Fault::malformed("a sealed key of too many levels"));
        }
        match code {
            code::NULL => Ok(None),
            code::REFERENCE => {
                let index = self.reference()?;
                match self.handles.get(index) {
                    Some(Named::Class(_)) => Ok(Some(index)),
                    Some(Named::Other) | None => Err(Fault::malformed("a class that is no class")),
                }
            }
            code::CLASS_DESC => self.new_class(depth.saturating_add(1)).map(Some),
            _ => Err(Fault::malformed("a class description of an unknown kind")),
        }
    }

    fn new_class(&mut self, depth: u8) -> Result<usize, Fault> {
        let length = self.reader.u16_be("class name length")?;
        let name = self.reader.take(usize::from(length), "class name")?.to_vec();
        self.reader.u64_be("serial version")?;
        let index = self.name(Named::Other)?;
        let flags = self.reader.u8("class flags")?;
        let count = self.reader.u16_be("field count")?;
        let mut fields = Vec::new();
        for _ in 0..count {
            let kind = self.reader.u8("field type")?;
            let length = self.reader.u16_be("field name length")?;
            self.reader.take(usize::from(length), "field name")?;
            if matches!(kind, b'L' | b'[') {
                self.value(depth)?;
            }
            fields.push(kind);
        }
        self.annotation(depth)?;
        let parent = self.class(depth)?;
        if let Some(slot) = self.handles.get_mut(index) {
            *slot = Named::Class(ClassDesc { name, flags, fields, parent });
        }
        Ok(index)
    }

    /// Blocks and objects up to the end mark.
    fn annotation(&mut self, depth: u8) -> Result<(), Fault> {
        loop {
            match self.reader.u8("annotation")? {
                code::END_BLOCK_DATA => return Ok(()),
                code::BLOCK_DATA => {
                    let length = self.reader.u8("block length")?;
                    self.reader.take(usize::from(length), "block")?;
                }
                code::BLOCK_DATA_LONG => {
                    let length = self.reader.u32_be("block length")?;
                    self.reader.take_u32(length, "block")?;
                }
                other => self.value_of(other, depth)?,
            }
        }
    }

    fn class_at(&self, index: usize) -> Option<ClassDesc> {
        match self.handles.get(index) {
            Some(Named::Class(class)) => Some(class.clone()),
            Some(Named::Other) | None => None,
        }
    }

    /// The data of each class from the topmost superclass down.
    fn object(&mut self, depth: u8) -> Result<(), Fault> {
        let mut next = self.class(depth)?;
        self.name(Named::Other)?;
        let mut lineage = Vec::new();
        while let Some(class) = next.and_then(|index| self.class_at(index)) {
            if lineage.len() > usize::from(JAVA_OBJECT_DEPTH) {
                return Err(Fault::malformed("a sealed key of too many classes"));
            }
            next = class.parent;
            lineage.push(class);
        }
        for class in lineage.into_iter().rev() {
            if class.flags & EXTERNALIZABLE != 0 && class.flags & IN_BLOCKS == 0 {
                return Err(Fault::malformed("a sealed key in an external form"));
            }
            for field in &class.fields {
                self.field(*field, depth)?;
            }
            if class.flags & (WRITE_METHOD | EXTERNALIZABLE) != 0 {
                self.annotation(depth)?;
            }
        }
        Ok(())
    }

    fn field(&mut self, kind: u8, depth: u8) -> Result<(), Fault> {
        match primitive_size(kind) {
            Some(size) => Ok(self.reader.take(size, "field").map(drop)?),
            None if matches!(kind, b'L' | b'[') => self.value(depth),
            None => Err(Fault::malformed("a field of an unknown type")),
        }
    }

    /// An array; its element type is the second letter of its class name.
    fn array(&mut self, depth: u8) -> Result<(), Fault> {
        let class = self.class(depth)?.and_then(|index| self.class_at(index));
        self.name(Named::Other)?;
        let count = self.reader.u32_be("array length")?;
        let element = class.and_then(|class| class.name.get(1).copied()).unwrap_or(0);
        if let Some(size) = primitive_size(element) {
            let size = usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(size);
            self.reader.take(size, "array")?;
            return Ok(());
        }
        for _ in 0..count {
            self.field(element, depth)?;
        }
        Ok(())
    }
}

fn primitive_size(kind: u8) -> Option<usize> {
    match kind {
        b'B' | b'Z' => Some(1),
        b'C' | b'S' => Some(2),
        b'F' | b'I' => Some(4),
        b'D' | b'J' => Some(8),
        _ => None,
    }
}
