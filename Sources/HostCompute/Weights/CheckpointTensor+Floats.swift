import CHostKernels
package import HostCore

extension CheckpointTensor {
    /// All numbers in fp32, in the order of the file.
    package func floats() -> [Float] {
        precondition(dtype.isFloatingPoint && bytes.count >= elementCount * dtype.size)
        let source = WeightBytes(inPlace: bytes), table = unsafe Kernels.best().table
        var values = [Float](repeating: 0, count: elementCount)
        unsafe values.withUnsafeMutableBufferPointer { target in
            guard let base = target.baseAddress else { return }
            unsafe table.widen(source.pointer, dtype, into: base, count: target.count)
        }
        return values
    }
}
