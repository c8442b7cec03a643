import Dispatch

#if os(Linux)
    import CSystem
    import Glibc

    /// Linux's inotify: the system's word that something in a folder was made, removed, moved or written to its end.
    final class FolderEvents {
        private let descriptor: CInt
        private let source: any DispatchSourceRead

        /// Nil where the system has no room for another program that watches.
        ///
        /// - Parameter signal: called on the queue, once for any number of events.
        init?(on queue: DispatchQueue, signal: @escaping @Sendable () -> Void) {
            let descriptor = inotify_init1(CInt(IN_NONBLOCK) | CInt(IN_CLOEXEC))
            guard descriptor >= 0 else { return nil }
            self.descriptor = descriptor
            source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
            source.setEventHandler {
                Self.drain(descriptor)
                signal()
            }
            source.setCancelHandler { close(descriptor) }
            source.resume()
        }

        /// Watches a folder, or goes on watching it; false where that is impossible.
        func watch(_ folder: String) -> Bool {
            let changes = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF
            return unsafe inotify_add_watch(descriptor, folder, UInt32(changes | IN_ONLYDIR)) >= 0
        }

        func stop() { source.cancel() }

        /// What happened is of no interest, only that something did.
        private static func drain(_ descriptor: CInt) {
            unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
                while unsafe read(descriptor, buffer.baseAddress, buffer.count) > 0 {}
            }
        }
    }
#else
    /// Nothing is heard of changes here: the watch looks at regular times.
    final class FolderEvents {
        init?(on queue: DispatchQueue, signal: @escaping @Sendable () -> Void) { nil }

        func watch(_ folder: String) -> Bool { false }

        func stop() {}
    }
#endif
