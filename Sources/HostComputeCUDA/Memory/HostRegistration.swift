import CHostCUDA
import Foundation
import HostCompute

/// Bytes of the host that a card reads straight from where they lie, such as a mapped file's pages: the whole pages among
/// them. It ends with this object.
@safe final class HostRegistration: @unchecked Sendable {
    let pointer: UnsafeRawPointer
    let byteCount: Int
    /// The whole pages, as offsets into the bytes.
    let registered: Range<Int>
    private let context: CUDAContext

    /// Below this the driver's work for it is not worth the while.
    static let smallest = 1 << 20

    /// Nil where the driver does not take the memory.
    init?(_ context: CUDAContext, _ pointer: UnsafeRawPointer, bytes: Int) {
        let page = Int(getpagesize()), address = Int(bitPattern: pointer)
        let start = (address + page - 1) / page * page, end = (address + bytes) / page * page
        guard bytes >= Self.smallest, end > start, let base = unsafe UnsafeMutableRawPointer(bitPattern: start)
        else { return nil }
        let flags = UInt32(host_cuda_register_read_only)
        let result = unsafe context.result { unsafe $0.pointee.cuMemHostRegister_v2(base, end - start, flags) }
        guard result == 0 else { return nil }
        self.context = context
        unsafe self.pointer = pointer
        (byteCount, registered) = (bytes, start - address..<end - address)
    }

    deinit {
        let base = unsafe UnsafeMutableRawPointer(mutating: pointer + registered.lowerBound)
        unsafe context.result { unsafe $0.pointee.cuMemHostUnregister(base) }
    }
}
