#if canImport(Darwin)
    import Darwin

    typealias SystemPoller = KqueuePoller

    /// `Poller` over kqueue, woken through a user event.
    struct KqueuePoller: Poller {
        private static let wakeID = UInt64.max
        private static let eventsPerWait = 256

        private let queue: Int32

        init() throws(SystemError) {
            queue = kqueue()
            guard queue >= 0 else { throw SystemError.last("kqueue") }
            var event = Self.event(0, EVFILT_USER, EV_ADD | EV_CLEAR, id: Self.wakeID)
            guard unsafe kevent(queue, &event, 1, nil, 0, nil) == 0 else {
                let error = SystemError.last("kevent")
                Socket(descriptor: queue).close()
                throw error
            }
        }

        private static func event(
            _ identifier: UInt, _ filter: Int32, _ flags: Int32, note: UInt32 = 0, data: Int = 0, id: UInt64
        ) -> kevent {
            unsafe kevent(
                ident: identifier, filter: Int16(filter), flags: UInt16(flags), fflags: note, data: data,
                udata: UnsafeMutableRawPointer(bitPattern: UInt(id)))
        }

        func watch(_ socket: Socket, id: UInt64, for interest: PollInterest) throws(SystemError) {
            try apply(socket, id: id, interest)
        }

        func change(_ socket: Socket, id: UInt64, to interest: PollInterest) {
            try? apply(socket, id: id, interest)
        }

        private func apply(_ socket: Socket, id: UInt64, _ interest: PollInterest) throws(SystemError) {
            let identifier = UInt(socket.descriptor)
            // While nothing is read, a low-water mark that is never reached leaves only the end of the stream to report.
            let lowWater = interest.contains(.read) ? 1 : Int(Int32.max)
            let writing = interest.contains(.write) ? EV_ADD | EV_ENABLE : EV_ADD | EV_DISABLE
            var changes = [
                Self.event(identifier, EVFILT_READ, EV_ADD, note: UInt32(NOTE_LOWAT), data: lowWater, id: id),
                Self.event(identifier, EVFILT_WRITE, writing, id: id),
            ]
            guard unsafe kevent(queue, &changes, 2, nil, 0, nil) == 0 else { throw SystemError.last("kevent") }
        }

        func forget(_ socket: Socket) {
            let identifier = UInt(socket.descriptor)
            for filter in [EVFILT_READ, EVFILT_WRITE] {
                var change = Self.event(identifier, filter, EV_DELETE, id: 0)
                _ = unsafe kevent(queue, &change, 1, nil, 0, nil)
            }
        }

        func wait(atMost timeout: Duration?) -> [PollEvent] {
            var events = unsafe [kevent](repeating: kevent(), count: Self.eventsPerWait)
            let count: Int32
            if let milliseconds = timeout?.pollMilliseconds {
                var time = timespec(tv_sec: Int(milliseconds) / 1000, tv_nsec: Int(milliseconds) % 1000 * 1_000_000)
                count = unsafe kevent(queue, nil, 0, &events, Int32(Self.eventsPerWait), &time)
            } else {
                count = unsafe kevent(queue, nil, 0, &events, Int32(Self.eventsPerWait), nil)
            }
            guard count > 0 else { return [] }
            var result: [PollEvent] = []
            for index in 0..<Int(count) {
                let event = unsafe events[index]
                guard event.filter != Int16(EVFILT_USER) else { continue }
                let id = unsafe UInt64(UInt(bitPattern: event.udata))
                let ended = Int32(event.flags) & (EV_EOF | EV_ERROR) != 0
                let reads = event.filter == Int16(EVFILT_READ)
                result.append(PollEvent(id: id, readable: reads && !ended, writable: !reads, ended: ended))
            }
            return result
        }

        func wake() {
            var event = Self.event(0, EVFILT_USER, 0, note: UInt32(NOTE_TRIGGER), id: Self.wakeID)
            _ = unsafe kevent(queue, &event, 1, nil, 0, nil)
        }

        func close() {
            Socket(descriptor: queue).close()
        }
    }
#endif
