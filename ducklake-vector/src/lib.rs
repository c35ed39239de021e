//! Stub.
#![allow(missing_docs, unused)]
use std::ops::ControlFlow;
use roaring::RoaringBitmap;
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric { Cosine, L2, InnerProduct }
impl std::str::FromStr for Metric { type Err = SegmentError; fn from_str(_: &str) -> Result<Self, SegmentError> { Ok(Self::Cosine) } }
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct SegmentError;
#[derive(Debug, Clone, Copy)]
pub struct Neighbour { pub entry: u32, pub distance: f32 }
#[derive(Debug, Clone)]
pub struct BuildOptions { pub metric: Metric, pub m: usize, pub ef_construction: usize, pub threads: usize }
pub struct SegmentBuilder;
impl SegmentBuilder {
    pub fn new(_: usize, _: u32, _: BuildOptions) -> Self { Self }
    pub fn dimensions(&self) -> usize { 0 }
    pub fn push(&mut self, _: u32, _: &[f32]) -> Result<bool, SegmentError> { Ok(true) }
    pub fn finish(self, _: &dyn Fn(usize, usize) -> ControlFlow<()>) -> Result<Vec<u8>, SegmentError> { Ok(Vec::new()) }
}
#[derive(Debug)]
pub struct VectorSegment;
impl VectorSegment {
    pub fn open(_: bytes::Bytes) -> Result<Self, SegmentError> { Ok(Self) }
    pub fn dimensions(&self) -> usize { 0 }
    pub fn len(&self) -> usize { 0 }
    pub fn rows(&self) -> u32 { 0 }
    pub fn memory_bytes(&self) -> usize { 0 }
    pub fn search(&self, _: &[f32], _: usize, _: Option<usize>, _: Option<&RoaringBitmap>) -> Result<Vec<Neighbour>, SegmentError> { Ok(Vec::new()) }
}
