import CHostCUDA
import HostCompute
package import HostCore

/// What a card is, asked of the driver without waking the card.
package struct CUDACard: Sendable, Hashable {
    package let index: Int
    package let name: String
    /// Such as 9.0.
    package let capability: Capability
    package let multiprocessors: Int
    package let l2Bytes: Int
    package let memoryBytes: Int
    /// Bytes of shared memory that a block may have when it asks.
    package let sharedBytesPerBlock: Int
    /// The driver's own number.
    let handle: Int32

    package struct Capability: Sendable, Hashable, Comparable, CustomStringConvertible {
        package let major: Int, minor: Int
        init(_ major: Int, _ minor: Int) { (self.major, self.minor) = (major, minor) }
        package var description: String { "\(major).\(minor)" }
        /// As compilers write it: 90 for 9.0.
        package var number: Int { major * 10 + minor }
        package static func < (a: Capability, b: Capability) -> Bool { (a.major, a.minor) < (b.major, b.minor) }
    }

    package var device: Device { .cuda(index: index) }

    init(_ index: Int, _ driver: CUDADriver) throws(DeviceError) {
        let device = Device.cuda(index: index), attempt = "asking about card \(index)"
        let functions = unsafe driver.functions
        var handle: CInt = 0
        let count = try driver.cardCount(for: device)
        guard count > 0 else { throw driver.error(CInt(host_cuda_no_device), "looking for cards", on: device) }
        guard index < count else {
            throw driver.error(CInt(host_cuda_invalid_device), "opening card \(index) of \(count)", on: device)
        }
        try driver.check(unsafe functions.pointee.cuDeviceGet(&handle, CInt(index)), attempt, on: device)
        func ask(_ attribute: Int) throws(DeviceError) -> Int {
            var value: CInt = 0
            try driver.check(
                unsafe functions.pointee.cuDeviceGetAttribute(&value, CInt(attribute), handle), attempt, on: device)
            return Int(value)
        }
        self.index = index
        self.handle = handle
        var text = [CChar](repeating: 0, count: 256), bytes = 0
        try driver.check(unsafe functions.pointee.cuDeviceGetName(&text, 255, handle), attempt, on: device)
        name = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        try driver.check(unsafe functions.pointee.cuDeviceTotalMem_v2(&bytes, handle), attempt, on: device)
        memoryBytes = bytes
        capability = Capability(
            try ask(Int(host_cuda_attribute_capability_major)), try ask(Int(host_cuda_attribute_capability_minor)))
        multiprocessors = try ask(Int(host_cuda_attribute_multiprocessors))
        l2Bytes = try ask(Int(host_cuda_attribute_l2_bytes))
        sharedBytesPerBlock = try ask(Int(host_cuda_attribute_shared_memory_per_block_optin))
    }
}

extension CUDACard {
    /// What the planner of products asks.
    var planned: CHostCUDA.CUDADevice {
        CHostCUDA.CUDADevice(
            capability: CInt(capability.number), processors: CInt(multiprocessors), sharedBytes: CInt(sharedBytesPerBlock))
    }
}
