#!/usr/bin/perl
# SPDX-License-Identifier: BSD-3-Clause
# pool-jobs.pl POWERCUT FILESYSTEMS JOBS FOLDER: give the jobs in the file JOBS to one worker (batch/worker.h), one after another.
# A line of JOBS is NAME and the arguments of `powercut run`, words between spaces.  FOLDER gets NAME.json and NAME.status: the
# worker's answer, or `died`, after which the rest goes to a new worker.
use strict;
use warnings;
use Fcntl;
use IO::Handle;
use Socket;

my ($powercut, $filesystems, $jobs, $folder) = @ARGV;
my ($ours, $worker);

sub start {
  socketpair ($ours, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die "socketpair: $!";
  $worker = fork // die "fork: $!";
  if ($worker == 0) {
    fcntl ($theirs, F_SETFD, 0);
    exec $powercut, 'pool-worker', fileno ($theirs), $filesystems, 0, 0 or die "$powercut: $!";
  }
  $ours->autoflush (1);
}

sub answer {
  my ($name, $text) = @_;

  open (my $file, '>', "$folder/$name.status") or die "$folder/$name.status: $!";
  print $file $text;
  close $file;
}

$SIG{PIPE} = 'IGNORE';
start ();
open (my $list, '<', $jobs) or die "$jobs: $!";
while (my $line = <$list>) {
  chomp $line;
  my ($name, @words) = split / /, $line;

  print STDERR "$name\n";
  print $ours join (' ', 'run', '--background=none', '--quiet', '--jobs=1', "--output=$folder/$name.bin", "--json=$folder/$name.json", @words), "\n";
  my $status = <$ours>;
  answer ($name, $status // "died\n");
  if (!defined $status) {
    waitpid ($worker, 0);
    start ();
  }
}
close $ours;
waitpid ($worker, 0);
exit ($? ? 1 : 0);
