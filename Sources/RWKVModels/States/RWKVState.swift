package import HostCore
import HostCompute

/// What an RWKV model remembers of one sequence, in fp32 whatever the strategy.
///
/// It takes memory on devices when a pass first needs it there, since only a pass can say that there is none.
package final class RWKVState: RecurrentState {
    private enum Content {
        /// Nothing has been read.
        case new
        /// Numbers in canonical order that no device has yet.
        case numbers([Float])
        /// A slot of the store.
        case placed(Int)
        /// A device failed, and the numbers with it.
        case lost(DeviceError)
    }

    private var store: StateStore
    private var content = Content.new

    init(in store: StateStore) { self.store = store }

    deinit { leave() }

    var layout: StateLayout { store.layout }

    package var byteCount: Int { layout.count * 4 }

    /// The slot of a store in which passes find the state.
    func place(in store: StateStore) throws(DeviceError) -> Int {
        if store !== self.store { try move(to: store) }
        switch content {
        case .placed(let slot): return slot
        case .lost(let error): throw error
        case .new:
            let slot = try store.take()
            content = .placed(slot)
            return slot
        case .numbers(let values):
            let slot = try store.take()
            do { try store.write(values, to: slot) } catch {
                store.release(slot)
                throw error
            }
            content = .placed(slot)
            return slot
        }
    }

    /// Says that a pass failed that may have changed the numbers.
    func lose(to error: DeviceError) {
        leave()
        content = .lost(error)
    }

    package func copy() -> any RecurrentState {
        let copy = RWKVState(in: store)
        guard case .placed(let slot) = content else {
            copy.content = content
            return copy
        }
        do {
            copy.content = .placed(try store.fork(slot))
        } catch {
            // Where the device has no room for it now, it may have at the next pass.
            do { copy.content = .numbers(try store.read(slot).values()) } catch { copy.content = .lost(error) }
        }
        return copy
    }

    /// No numbers where the device failed; `restore` refuses that.
    package func snapshot() -> StateSnapshot {
        StateSnapshot(layout: layout.name, values: (try? values()) ?? [])
    }

    package func pendingSnapshot() -> PendingSnapshot {
        let name = layout.name
        guard case .placed(let slot) = content, let readings = try? store.read(slot),
            !readings.allSatisfy(\.isDone)
        else {
            return PendingSnapshot(Result { () throws(GenerationError) in try known() })
        }
        return PendingSnapshot { () throws(GenerationError) in
            do throws(DeviceError) {
                return StateSnapshot(layout: name, values: try readings.values())
            } catch {
                throw error.generationError
            }
        }
    }

    private func known() throws(GenerationError) -> StateSnapshot {
        do { return StateSnapshot(layout: layout.name, values: try values()) } catch { throw error.generationError }
    }

    package func restore(_ snapshot: StateSnapshot) throws(GenerationError) {
        guard snapshot.layout == layout.name else {
            throw GenerationError(
                .stateMismatch, "state", "is of the layout \(snapshot.layout); this model's is \(layout.name)",
                advice: "Use it with the model that it was saved from")
        }
        guard snapshot.values.count == layout.count else {
            throw GenerationError(
                .stateMismatch, "state",
                "holds \(snapshot.values.count) numbers; the layout \(layout.name) has \(layout.count)")
        }
        guard snapshot.values.allSatisfy(\.isFinite) else {
            throw GenerationError(.stateMismatch, "state", "holds NaN or infinity")
        }
        leave()
        content = .numbers(snapshot.values)
    }

    package var firstNonFiniteLayer: Int? {
        guard case .placed(let slot) = content else { return nil }
        return (try? store.firstNonFiniteLayer(slot)) ?? nil
    }

    private func values() throws(DeviceError) -> [Float] {
        switch content {
        case .new: store.initialValues
        case .numbers(let values): values
        case .placed(let slot): try store.read(slot).values()
        case .lost(let error): throw error
        }
    }

    /// Goes to the devices of another model with the same layout.
    private func move(to store: StateStore) throws(DeviceError) {
        let values = try values()
        leave()
        self.store = store
        content = .numbers(values)
    }

    private func leave() {
        if case .placed(let slot) = content { store.release(slot) }
        content = .new
    }
}
