/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the inner guest runs: 16-bit code and 32 KB of data whose sum it knows, so
 * that a wrong byte anywhere is noticed. Built twice: with DISK it is a boot sector
 * that has the firmware read the data behind it, and then writes a sector and reads
 * it back; else a network boot program, which arrives whole.
 *
 * The verdict goes to the first serial port as a line, and to QEMU's isa-debug-exit:
 * 16 becomes exit status 33, anything else is a failure.
 */
#define LOAD	0x7c00
#define BUFFER	0x0600
#define WORDS	16384
#define SECTORS	(WORDS * 2 / 512)
#define COM1	0x3f8
#define EXIT	0xf4
#define GOOD	16
#define BAD	1

	.code16
	.text
	.globl	_start
_start:
	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movw	$LOAD, %sp
	ljmp	$0, $here
here:
	sti
	cld
#ifdef DISK
	movb	%dl, drive
	movw	$from_disk, %si
	movb	$0x42, %ah
	call	disk
	movw	$read_failed, %bx
	jc	bad
#endif
	movw	$data, %si
	movw	$WORDS, %cx
	xorw	%dx, %dx
add:
	lodsw
	addw	%ax, %dx
	loop	add
	cmpw	$total, %dx
	movw	$sum_wrong, %bx
	jne	bad
#ifdef DISK
	/* A sector of the data, to the sector behind all of it. */
	movw	$to_disk, %si
	movw	$0x4300, %ax
	call	disk
	movw	$write_failed, %bx
	jc	bad
	movw	$back, %si
	movb	$0x42, %ah
	call	disk
	movw	$read_failed, %bx
	jc	bad
	movw	$data, %si
	movw	$BUFFER, %di
	movw	$256, %cx
	repe cmpsw
	movw	$sum_wrong, %bx
	jne	bad
#endif
	movw	$verified, %bx
	call	say
	movb	$GOOD, %al
	jmp	leave
bad:
	call	say
	movb	$BAD, %al
leave:
	outb	%al, $EXIT
	cli
	hlt
	jmp	leave

/* Prints the string at BX. */
say:
	movw	$COM1, %dx
1:	movb	(%bx), %al
	testb	%al, %al
	jz	2f
	outb	%al, %dx
	incw	%bx
	jmp	1b
2:	ret

#ifdef DISK
/* One request of the firmware: packet at SI, AX says which. Carry says it failed. */
disk:
	movb	drive, %dl
	int	$0x13
	ret

	.align	4
from_disk:
	.byte	16, 0
	.word	SECTORS, data, 0
	.quad	1
to_disk:
	.byte	16, 0
	.word	1, data, 0
	.quad	SECTORS + 1
back:
	.byte	16, 0
	.word	1, BUFFER, 0
	.quad	SECTORS + 1
drive:
	.byte	0
#endif

verified:
	.asciz	"payload: verified\n"
sum_wrong:
	.asciz	"payload: the data is wrong\n"
#ifdef DISK
read_failed:
	.asciz	"payload: a read failed\n"
write_failed:
	.asciz	"payload: a write failed\n"
#endif

	.org	510
	.word	0xaa55

	.set	sum, 0
	.set	number, 0
data:
	.rept	WORDS
	.set	value, (number * 40503 + 12345) & 0xffff
	.word	value
	.set	sum, (sum + value) & 0xffff
	.set	number, number + 1
	.endr
	.set	total, sum
