# Words of the answering pages. **…** is bold.

question-of = Question { $number } of { $of }
error-title = Error: { $title }
back = Back
skip = Skip this question
save = Save and continue
save-picked = Save { $answer } and continue
save-shown = Save and continue
keep = Keep this answer
remove = Remove this answer
change = Change
answer = Answer
one-tap = One tap saves your answer.
one-tap-until = One tap saves your answer. You can change it until { $date }.
saved-mark = Saved: **{ $answer }**. Tap another answer to change it.
picked-in-mail = You picked **{ $answer }** in our mail. It is not saved yet: confirm it here, or tap another answer.
not-saved = We could not save that. Your answer is still on this page: tap Save again.
answered-in-group = Answered in this group
end = { $step } – { $word }
low = Not at all
high = Completely
nps-low = Not at all likely
nps-high = Extremely likely
choose-several = Choose all that fit.
private = Please leave out names of people and anything private.
up-to =
    Up to { $most } characters. A few words are enough.
number-hint = For example { $example }
date-hint = For example 2027, 4, 14
year = Year
month = Month
day = Day
rank-1 = Which comes first?
rank-2 = Which comes second?
rank-3 = Which comes third?
rank-4 = Which comes fourth?
rank-5 = Which comes fifth?
rank-n = Which comes number { $place }?
rank-place = Place { $place }
rank-so-far = Your order so far
rank-done = Your order
rank-again = Start again
languages = Languages

errors =
    { $count ->
        [one] 1 thing to correct. Nothing you typed is lost.
       *[other] { $count } things to correct. Nothing you typed is lost.
    }
fault-required = This one needs an answer: { $reason }
fault-unknown = That answer is not one of these. Choose one of them.
fault-number = Enter a number, for example { $example }.
fault-date = Enter a day that exists: the year with four figures, the month and the day.
fault-twice = Each answer can have one place only.
fault-long = Use { $most } characters or fewer. You have { $count }.

shown-of = { $answer } of { $high }
shown-named = { $answer }, { $word }
shown-text = “{ $text }”
shown-skipped = Skipped
joint = ,{" "}
arrow = {" "}→{" "}

named = Your answers are seen with your company’s name.
confidential = We can link your answers to you; we show them only in groups.
anonymous = Your answers cannot be joined to you by your manager, by HR or by the people who run this system, even if they hold the whole database, its files and its backups.

who-link = Who sees them?
notice-link = Privacy
stop-link = Stop these mails

done-title =
    { $count ->
        [0] Thank you. No answer is saved.
        [one] Thank you. Your answer is saved.
       *[other] Thank you. Your { $count } answers are saved.
    }
done-until = You can change them until { $date } with the same link.
done-change = You can change them with the same link.
what-we-saved = What we saved
who-sees = Who sees it
delete = Delete my answers

delete-title =
    { $count ->
        [one] Delete your answer?
       *[other] Delete all { $count } answers?
    }
delete-text =
    { $count ->
        [one] It cannot be brought back.
       *[other] They cannot be brought back.
    }
delete-button =
    { $count ->
        [one] Delete my answer
       *[other] Delete all { $count } answers
    }
delete-keep = Keep my answers
deleted-title = Your answers are deleted.
deleted-text = Nothing of them is left here. You can answer again with the same link while the survey is open.

unknown-title = This link does not open a survey.
unknown-text = It may have ended, or part of the address is missing.
unknown-hint = Open the link once more from the mail, or copy the whole address from it.
not-saved-title = We could not save that.
not-saved-text = Go back: your answer is still on that page. Then tap Save again.
not-saved-back = Back to the question
busy-title = Too many people are answering just now.
busy-text = Nothing you have saved is lost. Wait half a minute and open the link again.
busy-again = Try again
failed-title = That did not work.
failed-text = The fault is here, not with you. What you saved before is kept; what you sent just now may not be. Wait half a minute and open the link again.
failed-again = Open it again
too-large-title = That is more than one page can take.
too-large-text = Nothing of it was saved. Go back, shorten what you wrote, and send it again.
too-large-again = Open the page again

stop-title = Stop survey mails to { $address }?
stop-text = You will get no more survey mails from { $organisation }. Invoices and service mails still come.
stop-button = Stop survey mails
stop-keep = Keep them
stopped-title = Done. No more survey mails from { $organisation }.
stopped-text = Invoices and service mails still come.
stop-failed-title = We could not stop the mails just now.
stop-failed-text = Survey mails may still come to you. Open the page again and tap Stop survey mails once more.
stop-failed-again = Open the page again

poll-facts =
    { $questions ->
        [one] 1 question
       *[other] { $questions } questions
    }, about { $minutes ->
        [one] 1 minute
       *[other] { $minutes } minutes
    }.
poll-facts-until =
    { $questions ->
        [one] 1 question
       *[other] { $questions } questions
    }, about { $minutes ->
        [one] 1 minute
       *[other] { $minutes } minutes
    }, open until { $date }.
poll-mark = Anonymous
poll-manager = What can my manager see?
poll-can = Can see
poll-can-means = Averages for groups with at least { $k } answers to that question
poll-can-count = How many took part, and what share, in the whole company and in each group, under the same rule
poll-can-comments = Comments, for the whole company only and apart from all ratings, once there are at least { $comments }
poll-cannot = Cannot see
poll-cannot-person = Your answers, or any single person’s
poll-cannot-when = A list of who took part, or when
poll-cannot-phone = Your language or your phone
poll-link-used = The system knows which links have been used: reminders go only to those that have not. Your link is used up when you send, and it is not stored with your ballot.
poll-start = Start the poll
poll-gives-up = What you give up for it
poll-gives-up-pause = You cannot pause: the poll is one page, sent once.
poll-gives-up-change = You cannot change or delete your ballot afterwards; nobody could find it.
poll-gives-up-live = Nobody sees scores before the poll has closed, and nobody can follow one person from poll to poll.
poll-limits = What this promise cannot rule out
poll-limits-program = Someone changes the program before you answer.
poll-limits-copies = Someone keeps an old copy of the sealed ballots together with HR’s passphrase.
poll-limits-crash = If the machine fails at the moment you send, your link may work once more and let in a second ballot.
poll-limits-style = The way you write a comment may show who you are.
poll-limits-mail = The logs of mail servers show who was sent a link, and when.
poll-limits-network = Your employer’s network or a proxy can see from which address, and when, this page was opened.
poll-limits-order = While the poll is open, an administrator of the database can read in which order ballots came in, but not what is in them.
poll-limits-alike = Where nearly everybody in a group answers alike, the average says much about each of them; averages at the very ends of a scale are hidden. Where all took part, it shows that too.
poll-notice = Privacy notice
poll-sealing = How the sealing works
poll-decline = I do not want to take part
poll-note = Anonymous. Nothing leaves this page until you send it.
poll-see = Averages for groups with at least { $k } answers to a question, and how many took part in groups that the same rule lets be shown. No single ballot.
poll-none = No answer
poll-comment = Please write nothing that shows who you are.
poll-send = Send my ballot
poll-once = You cannot change it after sending. Skipped questions stay empty.
poll-not-saved = We could not take your ballot. Everything you chose is still on this page: tap Send my ballot again.
sent-title = Sent. Nobody can find your ballot now, and that includes us.
sent-text = You can close this page. There will be no more reminders for this poll.
used-title = This link has been used.
used-text = One ballot came with it. Nobody can find it or change it, and that includes us.

notice-title = Privacy notice
notice-controller = Who is responsible
notice-purpose = What it is for
notice-basis = What allows us to ask
notice-money = What your answers are joined with
notice-recipients = Who sees them
notice-retention = How long we keep them
notice-rights = What you can ask of us
notice-return = Back to the survey
