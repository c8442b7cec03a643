#if os(Linux) || os(Android)
    import CSystem

    #if canImport(Musl)
        import Musl
    #else
        import Glibc
    #endif

    typealias SystemPoller = EpollPoller

    /// `Poller` over epoll, woken through an eventfd.
    struct EpollPoller: Poller {
        private static let wakeID = UInt64.max
        private static let eventsPerWait = 256

        private let queue: Int32
        private let waker: Int32

        init() throws(SystemError) {
            queue = epoll_create1(Int32(EPOLL_CLOEXEC))
            guard queue >= 0 else { throw SystemError.last("epoll_create1") }
            waker = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
            guard waker >= 0 else {
                let error = SystemError.last("eventfd")
                Socket(descriptor: queue).close()
                throw error
            }
            try control(EPOLL_CTL_ADD, waker, id: Self.wakeID, events: EPOLLIN.rawValue)
        }

        func watch(_ socket: Socket, id: UInt64, for interest: PollInterest) throws(SystemError) {
            try control(EPOLL_CTL_ADD, socket.descriptor, id: id, events: Self.mask(interest))
        }

        func change(_ socket: Socket, id: UInt64, to interest: PollInterest) {
            // Fails only for a descriptor that is not watched, which would be a mistake of ours.
            try? control(EPOLL_CTL_MOD, socket.descriptor, id: id, events: Self.mask(interest))
        }

        func forget(_ socket: Socket) {
            try? control(EPOLL_CTL_DEL, socket.descriptor, id: 0, events: 0)
        }

        private static func mask(_ interest: PollInterest) -> UInt32 {
            var mask = EPOLLRDHUP.rawValue
            if interest.contains(.read) { mask |= EPOLLIN.rawValue }
            if interest.contains(.write) { mask |= EPOLLOUT.rawValue }
            return mask
        }

        private func control(_ operation: Int32, _ descriptor: Int32, id: UInt64, events: UInt32) throws(SystemError) {
            var event = unsafe epoll_event(events: events, data: epoll_data_t(u64: id))
            guard unsafe epoll_ctl(queue, operation, descriptor, &event) == 0 else {
                throw SystemError.last("epoll_ctl")
            }
        }

        func wait(atMost timeout: Duration?) -> [PollEvent] {
            var events = unsafe [epoll_event](repeating: epoll_event(), count: Self.eventsPerWait)
            let count = unsafe epoll_wait(queue, &events, Int32(Self.eventsPerWait), timeout?.pollMilliseconds ?? -1)
            guard count > 0 else { return [] }
            var result: [PollEvent] = []
            for index in 0..<Int(count) {
                let id = unsafe events[index].data.u64
                let mask = unsafe events[index].events
                if id == Self.wakeID {
                    var value: UInt64 = 0
                    _ = unsafe read(waker, &value, 8)
                    continue
                }
                let ended = mask & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
                result.append(
                    PollEvent(
                        id: id, readable: mask & EPOLLIN.rawValue != 0, writable: mask & EPOLLOUT.rawValue != 0,
                        ended: ended))
            }
            return result
        }

        func wake() {
            var one: UInt64 = 1
            _ = unsafe write(waker, &one, 8)
        }

        func close() {
            Socket(descriptor: waker).close()
            Socket(descriptor: queue).close()
        }
    }
#endif
