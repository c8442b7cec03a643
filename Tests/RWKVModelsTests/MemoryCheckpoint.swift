import HostCore
import Support

/// A checkpoint in memory, for tests that change single tensors.
struct MemoryCheckpoint: Checkpoint {
    var tensors: [FixtureTensor]

    init(_ tensors: [FixtureTensor]) { self.tensors = tensors }

    /// A small RWKV-4 model.
    init(layers: Int = 2) { tensors = TinyRWKV(layers: layers).tensors() }

    let format = "memory"
    var names: [String] { tensors.map(\.name) }
    private func find(_ name: String) -> FixtureTensor? { tensors.first { $0.name == name } }
    func shape(of name: String) -> [Int]? { find(name)?.shape }
    func dtype(of name: String) -> DType? { find(name)?.dtype }

    func tensor(_ name: String) throws(LoadError) -> CheckpointTensor {
        guard let tensor = find(name) else { throw LoadError(.missingTensor, name, "is not there") }
        return CheckpointTensor(name: name, dtype: tensor.dtype, shape: tensor.shape, bytes: MemoryRegion(tensor.bytes))
    }

    /// Adds a tensor of zeros, or puts one in another's place.
    mutating func set(_ name: String, _ shape: [Int], value: Float = 0, as dtype: DType = .float32) {
        let numbers = [Float](repeating: value, count: shape.reduce(1, *))
        tensors.removeAll { $0.name == name }
        tensors.append(FixtureTensor(name, shape, numbers, as: dtype))
    }

    mutating func remove(_ name: String) { tensors.removeAll { $0.name == name } }
}

/// Bytes of our own at an address that stays.
@safe final class MemoryRegion: ByteRegion, @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer

    init(_ bytes: [UInt8]) {
        unsafe memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
        unsafe memory.copyBytes(from: bytes)
    }

    deinit { unsafe memory.deallocate() }

    var count: Int { unsafe memory.count }

    func withBytes<Result, Failure: Error>(_ body: (RawSpan) throws(Failure) -> Result) throws(Failure) -> Result {
        unsafe try body(RawSpan(_unsafeBytes: memory[0...]))
    }
}
