import Dispatch

/// Where tasks are cancelled on behalf of threads that must not wait.
///
/// Cancelling a task runs its cancellation handlers on the calling thread, under a lock of the Swift runtime. Handlers of
/// extensions may wait for anything, so neither the HTTP loop nor a cancellation handler of ours cancels a task itself.
package enum Cancellation {
    private static let queue = DispatchQueue(label: "modelhost.cancellation", attributes: .concurrent)

    /// Cancels a task soon, on another thread.
    package static func request<Value, Failure>(of task: Task<Value, Failure>) {
        queue.async { task.cancel() }
    }
}
