/// The states of many sequences on one device, in numbered slots of one size.
///
/// Who takes slots numbers them, so that the parts of a state that lie on several devices share a number. Slots may be
/// taken, written and given back from any thread; none is used while another thread changes it. On a device that works later, all
/// of this takes its turn among what was submitted.
package protocol StatePool: AnyObject, Sendable {
    /// Numbers of each state.
    var count: Int { get }

    /// Takes a slot that nobody has; it holds the initial numbers.
    func take(_ slot: Int) throws(DeviceError)

    /// Takes a slot that nobody has, as a copy of another made on the device.
    func fork(_ slot: Int, to copy: Int) throws(DeviceError)

    /// Gives a slot back.
    func release(_ slot: Int)

    /// Takes on numbers from the host.
    func write(_ values: ArraySlice<Float>, to slot: Int) throws(DeviceError)

    /// Begins to bring the numbers of a state over, as they are when all that was submitted is done; what comes later
    /// does not change them. There is no wait until they are wanted.
    func read(_ slot: Int) throws(DeviceError) -> any StateReading

    /// The first of several parts of a state that holds NaN or infinity.
    func firstNonFinite(_ slot: Int, of parts: [Range<Int>]) throws(DeviceError) -> Int?
}

/// The numbers of a state on their way to the host.
package protocol StateReading: AnyObject {
    /// Whether they are there, so that there is no wait for them.
    var isDone: Bool { get }

    /// All numbers, waited for where need be.
    func values() throws(DeviceError) -> [Float]
}
