/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: what user space does with spaces and devices, how it ended and how
 * long it took. /sys/kernel/tracing/events/ioasid.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ioasid

#if !defined(IOAS_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define IOAS_TRACE_H

#include <linux/tracepoint.h>

#include "uapi/linux/ioasid.h"

DECLARE_EVENT_CLASS(ioasid_range,
	TP_PROTO(u32 ioasid, u64 iova, u64 length, int result, u64 nsec),
	TP_ARGS(ioasid, iova, length, result, nsec),
	TP_STRUCT__entry(
		__field(u64, iova)
		__field(u64, length)
		__field(u64, nsec)
		__field(u32, ioasid)
		__field(int, result)
	),
	TP_fast_assign(
		__entry->iova = iova;
		__entry->length = length;
		__entry->nsec = nsec;
		__entry->ioasid = ioasid;
		__entry->result = result;
	),
	TP_printk("ioasid=%u iova=0x%llx length=0x%llx result=%d nsec=%llu",
		  __entry->ioasid, __entry->iova, __entry->length,
		  __entry->result, __entry->nsec)
);

DEFINE_EVENT(ioasid_range, ioasid_map,
	TP_PROTO(u32 ioasid, u64 iova, u64 length, int result, u64 nsec),
	TP_ARGS(ioasid, iova, length, result, nsec));

DEFINE_EVENT(ioasid_range, ioasid_unmap,
	TP_PROTO(u32 ioasid, u64 iova, u64 length, int result, u64 nsec),
	TP_ARGS(ioasid, iova, length, result, nsec));

DEFINE_EVENT(ioasid_range, ioasid_dirty_read,
	TP_PROTO(u32 ioasid, u64 iova, u64 length, int result, u64 nsec),
	TP_ARGS(ioasid, iova, length, result, nsec));

DECLARE_EVENT_CLASS(ioasid_device,
	TP_PROTO(const char *name, u32 dev_id, u64 cookie, u32 ioasid,
		 int result, u64 nsec),
	TP_ARGS(name, dev_id, cookie, ioasid, result, nsec),
	TP_STRUCT__entry(
		__field(u64, cookie)
		__field(u64, nsec)
		__field(u32, dev_id)
		__field(u32, ioasid)
		__field(int, result)
		__array(char, name, IOASID_NAME_LEN)
	),
	TP_fast_assign(
		__entry->cookie = cookie;
		__entry->nsec = nsec;
		__entry->dev_id = dev_id;
		__entry->ioasid = ioasid;
		__entry->result = result;
		strscpy(__entry->name, name, IOASID_NAME_LEN);
	),
	TP_printk("device=%s dev_id=%u cookie=0x%llx ioasid=%u result=%d nsec=%llu",
		  __entry->name, __entry->dev_id, __entry->cookie,
		  __entry->ioasid, __entry->result, __entry->nsec)
);

DEFINE_EVENT(ioasid_device, ioasid_attach,
	TP_PROTO(const char *name, u32 dev_id, u64 cookie, u32 ioasid,
		 int result, u64 nsec),
	TP_ARGS(name, dev_id, cookie, ioasid, result, nsec));

DEFINE_EVENT(ioasid_device, ioasid_detach,
	TP_PROTO(const char *name, u32 dev_id, u64 cookie, u32 ioasid,
		 int result, u64 nsec),
	TP_ARGS(name, dev_id, cookie, ioasid, result, nsec));

DECLARE_EVENT_CLASS(ioasid_memory,
	TP_PROTO(u32 memory_id, u64 length, int result, u64 nsec),
	TP_ARGS(memory_id, length, result, nsec),
	TP_STRUCT__entry(
		__field(u64, length)
		__field(u64, nsec)
		__field(u32, memory_id)
		__field(int, result)
	),
	TP_fast_assign(
		__entry->length = length;
		__entry->nsec = nsec;
		__entry->memory_id = memory_id;
		__entry->result = result;
	),
	TP_printk("memory_id=%u length=0x%llx result=%d nsec=%llu",
		  __entry->memory_id, __entry->length, __entry->result,
		  __entry->nsec)
);

DEFINE_EVENT(ioasid_memory, ioasid_register,
	TP_PROTO(u32 memory_id, u64 length, int result, u64 nsec),
	TP_ARGS(memory_id, length, result, nsec));

DEFINE_EVENT(ioasid_memory, ioasid_unregister,
	TP_PROTO(u32 memory_id, u64 length, int result, u64 nsec),
	TP_ARGS(memory_id, length, result, nsec));

TRACE_EVENT(ioasid_fault,
	TP_PROTO(const char *name, u32 ioasid, u64 iova, int flags),
	TP_ARGS(name, ioasid, iova, flags),
	TP_STRUCT__entry(
		__field(u64, iova)
		__field(u32, ioasid)
		__field(int, flags)
		__array(char, name, IOASID_NAME_LEN)
	),
	TP_fast_assign(
		__entry->iova = iova;
		__entry->ioasid = ioasid;
		__entry->flags = flags;
		strscpy(__entry->name, name, IOASID_NAME_LEN);
	),
	TP_printk("device=%s ioasid=%u iova=0x%llx flags=0x%x",
		  __entry->name, __entry->ioasid, __entry->iova,
		  __entry->flags)
);

#endif

/* This part must be read again for each form the macros take. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH trace
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE ioasid
#include <trace/define_trace.h>
